"""Trust files: what they hold, and that their redundant parts must agree."""

import json

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustAnchor, is_genesis_anchor
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_validators_hash
from zhenglian_ledger.crypto.ed25519 import compute_public_key
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_ledger.trustfile import TrustFile, build_initial_trust, format_trust_file, parse_trust_file

DIGEST = bytes.fromhex("0102030405060708") * 4
CHAIN = "sandbox-01020304"
VALIDATORS = tuple((compute_public_key(bytes([n]) * 32), 1) for n in range(4))


def initial() -> TrustFile:
    return build_initial_trust(CHAIN, DIGEST, VALIDATORS)


def test_a_new_network_is_trusted_before_its_first_block() -> None:
    anchor = initial().anchor
    assert (anchor.era, anchor.height, anchor.header_hash) == (0, 0, DIGEST)
    assert anchor.validators_hash == compute_validators_hash(build_validator_set(VALIDATORS))
    assert is_genesis_anchor(anchor)


def test_a_trust_file_reads_back_as_written() -> None:
    later = TrustFile(TrustAnchor(CHAIN, 2, 77_000, b"\x01" * 32, b"\x02" * 32))
    timed = build_initial_trust(CHAIN, DIGEST, VALIDATORS, time_ms=1_767_225_600_000)
    for trust in (initial(), later, timed):
        assert parse_trust_file(format_trust_file(trust)) == trust


def test_the_order_of_validators_does_not_matter_to_trust() -> None:
    turned = build_initial_trust(CHAIN, DIGEST, VALIDATORS[::-1])
    assert turned.anchor == initial().anchor


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "zhenglian-key"),
        ("version", 0),
        ("chain_id", ""),
        ("chain_id", "c" * 51),
        ("era", -1),
        ("height", 1 << 63),
        ("height", "1"),
        ("header_hash", "00"),
        ("validators_hash", "AB" * 32),
        ("validators_hash", "00" * 32),
        ("genesis_digest", "00" * 32),
        ("time_ms", 0),
        ("validators", [{"public_key": "00" * 32, "power": 1}] * 2),
        ("note", "trust me"),
    ],
)
def test_a_field_out_of_form_or_at_odds_with_another_is_named(field: str, value: object) -> None:
    text = encode_json(json.loads(format_trust_file(initial())) | {field: value})
    with pytest.raises(InvalidInput) as caught:
        parse_trust_file(text)
    assert caught.value.code == Code.TRUST_FILE_INVALID
    named = {"validators_hash": {"validators_hash", "validators"}}.get(field, {field})
    assert caught.value.fields["field"] in named


def test_a_genesis_of_another_chain_gives_no_trust_file() -> None:
    with pytest.raises(InvalidInput) as caught:
        build_initial_trust("sandbox-ffffffff", DIGEST, VALIDATORS)
    assert caught.value.fields == {"field": "genesis_digest"}


def test_no_validators_give_no_trust_file() -> None:
    with pytest.raises(InvalidInput) as caught:
        build_initial_trust(CHAIN, DIGEST, ())
    assert caught.value.fields == {"field": "validators"}
