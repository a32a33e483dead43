"""Key files: what the passphrase opens, what it protects, and what is refused before any work is done."""

import json

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_ledger.keyfile import KdfCost, KeyMaterial, open_key, read_key_header, seal_key
from zhenglian_ledger.keys import compute_key_id, compute_public_key
from zhenglian_proto.v1 import batch_pb2, members_pb2

SEED = bytes(range(32))
PASSPHRASE = "上海 correct horse"
QUICK = KdfCost(n=16)


def seal(
    suite: batch_pb2.Suite = batch_pb2.SUITE_ED25519, owner: str = "黄浦区 综窗", cost: KdfCost = QUICK
) -> str:
    return seal_key(
        SEED,
        suite=suite,
        usage=members_pb2.KEY_USAGE_SIGN,
        owner=owner,
        passphrase=PASSPHRASE,
        salt=bytes(16),
        nonce=bytes(12),
        cost=cost,
    )


def changed(text: str, **fields: object) -> str:
    """The file with top-level fields replaced, canonical again."""
    return encode_json(json.loads(text) | fields)


@pytest.mark.parametrize("suite", [batch_pb2.SUITE_ED25519, batch_pb2.SUITE_P256, batch_pb2.SUITE_X25519])
def test_a_sealed_key_opens_with_its_passphrase(suite: batch_pb2.Suite) -> None:
    key = open_key(seal(suite), PASSPHRASE)
    public_key = compute_public_key(suite, SEED)
    assert key == KeyMaterial(suite, members_pb2.KEY_USAGE_SIGN, "黄浦区 综窗", public_key, SEED)
    assert key.key_id == compute_key_id(suite, public_key)


def test_the_header_is_read_without_the_passphrase() -> None:
    header = read_key_header(seal())
    assert header.public_key == compute_public_key(batch_pb2.SUITE_ED25519, SEED)
    assert header.owner == "黄浦区 综窗"


def test_the_seed_shows_neither_in_the_file_nor_in_a_printed_key() -> None:
    assert SEED.hex() not in seal()
    assert SEED.hex() not in repr(open_key(seal(), PASSPHRASE))
    assert repr(SEED) not in repr(open_key(seal(), PASSPHRASE))


def test_the_default_cost_is_the_documented_one() -> None:
    kdf = json.loads(seal(cost=KdfCost()))["kdf"]
    assert (kdf["n"], kdf["r"], kdf["p"]) == (32768, 8, 1)


def test_a_wrong_passphrase_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        open_key(seal(), PASSPHRASE + " ")
    assert caught.value.code == Code.WRONG_PASSPHRASE


def test_a_changed_owner_usage_or_ciphertext_no_longer_opens() -> None:
    text = seal()
    flipped = json.loads(text)["ciphertext"][:-1] + ("0" if text[-4] != "0" else "1")
    for fields in ({"owner": "浦东新区"}, {"usage": "RECOVERY"}, {"ciphertext": flipped}):
        forged = changed(text, **fields)
        assert forged != text
        with pytest.raises(InvalidInput) as caught:
            open_key(forged, PASSPHRASE)
        assert caught.value.code == Code.WRONG_PASSPHRASE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("suite", "RSA"),
        ("usage", "ANYTHING"),
        ("owner", ""),
        ("owner", "a\nb"),
        ("key", "00" * 32),
        ("public_key", "00" * 31),
        ("ciphertext", "00" * 47),
        ("ciphertext", "0G" * 48),
        ("version", True),
        ("extra", "x"),
    ],
)
def test_a_field_out_of_form_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_key_header(changed(seal(), **{field: value}))
    assert caught.value.code == Code.KEY_FILE_INVALID
    assert caught.value.fields == {"field": field}


@pytest.mark.parametrize(("n", "r"), [(1 << 40, 8), (3, 8), (1 << 20, 32), (1, 8), (0, 8)])
def test_a_cost_that_would_exhaust_the_machine_is_refused_before_it_is_paid(n: int, r: int) -> None:
    kdf = json.loads(seal())["kdf"] | {"n": n, "r": r}
    with pytest.raises(InvalidInput) as caught:
        open_key(changed(seal(), kdf=kdf), PASSPHRASE)
    assert caught.value.fields == {"field": "kdf.n"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"a": 1}',
        "[" * 100_000,
        '{"version": ' + "9" * 5000 + "}",
        seal() + "\n",
        seal().rstrip(),
    ],
)
def test_any_other_text_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_key_header(text)
    assert caught.value.fields == {"field": "form"}


def test_a_repeated_field_is_refused() -> None:
    text = seal().replace('  "version": 1\n', '  "version": 1,\n  "version": 1\n')
    with pytest.raises(InvalidInput) as caught:
        read_key_header(text)
    assert caught.value.fields == {"field": "form"}


def test_what_could_not_be_read_again_is_never_written() -> None:
    with pytest.raises(InvalidInput) as caught:
        seal(owner="")
    assert caught.value.fields == {"field": "owner"}
