"""Grants as files: drafted, signed by a holder's key, and refused where a file is not what it says."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from tests.testkit.cli_client import CHAIN_ID, MemoryClient, run_cli
from zhenglian_ledger.attestation import compute_grant_id, verify_attestation_signature
from zhenglian_ledger.identifiers import compute_id_card_check
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_ledger.keys import compute_public_key
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.identity_pb2 import IDENTITY_KIND_NATURAL_PERSON, IdentityNumber
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_SIGN
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_COUNTER, ATTESTATION_KIND_IDENTITY_GATEWAY
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.grant_files import load_grant
from zhenglian_sdk.identity.pseudonyms import compute_pseudonym
from zhenglian_sdk.plan import load_draft

SUBJECT, RECORD = bytes([1] * 32), bytes([2] * 32)
SEED = bytes([3] * 32)
PERSON = "31010119900101001" + compute_id_card_check("31010119900101001")
DRAFT = (
    "grant", "draft", "--grantor", SUBJECT.hex(), "--to", "huangpu", "--record", RECORD.hex(), "--whole",
    "--case", "huangpu:2026-1", "--until", "2030-12-31",
)  # fmt: skip
ENV = {"ZHENGLIAN_HOLDER_PASSPHRASE": "secret"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "holder.key.json"
    sealed = seal_key(
        SEED, suite=SUITE_ED25519, usage=KEY_USAGE_SIGN, owner="Li Lei", passphrase="secret",
        salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    path.write_text(sealed, encoding="utf-8")
    return path


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.json"
    assert run_cli(MemoryClient(), *DRAFT, "--out", path).exit_code == Exit.OK
    return path


def test_a_draft_says_what_the_options_say_and_nothing_more(draft: Path) -> None:
    body = load_draft(draft)
    assert (body.grantor.subject, body.grantee.unit, body.chain_id) == (SUBJECT, "huangpu", CHAIN_ID)
    assert (list(body.scope.records), body.scope.uses, body.scope.depth) == ([RECORD], 1, 0)
    assert (body.scope.case.unit, body.scope.case.number) == ("huangpu", "2026-1")
    assert body.scope.whole_document
    assert len(body.nonce) == 16


def test_a_plans_draft_may_only_be_narrowed_in_what_it_leaves_open(draft: Path, tmp_path: Path) -> None:
    out = tmp_path / "narrowed.json"
    result = run_cli(
        MemoryClient(),
        "grant",
        "draft",
        "--from",
        draft,
        "--uses",
        "2",
        "--only-channel",
        "window",
        "--out",
        out,
    )
    assert result.exit_code == Exit.OK, result.output
    before, after = load_draft(draft), load_draft(out)
    assert (after.scope.uses, list(after.scope.channels)) == (2, [1])
    assert after.scope.records == before.scope.records
    other = run_cli(MemoryClient(), "grant", "draft", "--from", draft, "--to", "pudong", "--out", out)
    assert other.exit_code == Exit.USAGE


def test_a_holder_signs_with_a_key_of_their_own_without_any_configuration(draft: Path, key: Path) -> None:
    env = {**ENV, "ZHENGLIAN_CONFIG": ""}
    result = run_cli(MemoryClient(), "grant", "sign", draft, "--holder-key", key, "--json", env=env)
    assert result.exit_code == Exit.OK, result.output
    said = json.loads(result.stdout)
    body, attestation = load_grant(Path(said["file"]))
    assert attestation is not None
    assert said["grant"] == compute_grant_id(body).hex()
    public_key = compute_public_key(SUITE_ED25519, SEED)
    verify_attestation_signature(compute_grant_id(body), attestation, SUITE_ED25519, public_key)
    assert attestation.subject == SUBJECT


def test_a_wrong_passphrase_is_denied_and_none_is_a_matter_of_configuration(draft: Path, key: Path) -> None:
    sign = ("grant", "sign", draft, "--holder-key", key)
    wrong = run_cli(MemoryClient(), *sign, env={"ZHENGLIAN_HOLDER_PASSPHRASE": "other"})
    assert wrong.exit_code == Exit.DENIED
    assert run_cli(MemoryClient(), *sign, env={"ZHENGLIAN_HOLDER_PASSPHRASE": ""}).exit_code == Exit.CONFIG


@pytest.fixture
def persons_draft(tmp_path: Path) -> Path:
    """A draft of a natural person, whom only the gateway knows by number."""
    path = tmp_path / "person.json"
    subject = compute_pseudonym(
        bytes([7] * 32), IdentityNumber(kind=IDENTITY_KIND_NATURAL_PERSON, number=PERSON)
    )
    draft = tuple(subject.hex() if word == SUBJECT.hex() else word for word in DRAFT)
    assert run_cli(MemoryClient(), *draft, "--out", path).exit_code == Exit.OK
    return path


def test_a_holder_confirms_through_the_gateway(persons_draft: Path) -> None:
    client = MemoryClient()
    ask = ("grant", "sign", persons_draft, "--holder", "person:-")
    result = run_cli(client, *ask, "--sandbox-confirm", "--json", typed=PERSON + "\n")
    assert result.exit_code == Exit.OK, result.output
    assert PERSON not in result.output
    _, attestation = load_grant(Path(json.loads(result.stdout)["file"]))
    assert attestation is not None
    assert attestation.kind == ATTESTATION_KIND_IDENTITY_GATEWAY


def test_a_holder_who_has_not_confirmed_is_asked_once_and_fetched_later(persons_draft: Path) -> None:
    client = MemoryClient()
    ask = ("grant", "sign", persons_draft, "--wait", "0")
    waiting = run_cli(client, *ask, "--holder", "person:-", typed=PERSON + "\n")
    assert waiting.exit_code == Exit.DENIED
    assert "SESSION_UNCONFIRMED" in waiting.stderr
    session = re.search("[0-9a-f]{64}", waiting.stderr)
    assert session is not None
    later = run_cli(client, *ask, "--session", session[0], "--sandbox-confirm")
    assert later.exit_code == Exit.OK, later.output


def test_who_confirms_is_who_grants(draft: Path) -> None:
    ask = ("grant", "sign", draft, "--holder", "person:-", "--sandbox-confirm")
    result = run_cli(MemoryClient(), *ask, typed=PERSON + "\n")
    assert result.exit_code == Exit.DATA
    assert "SUBJECT_MISMATCH" in result.stderr


def test_a_counter_attests_what_was_signed_on_paper(draft: Path, tmp_path: Path) -> None:
    paper = tmp_path / "scan.pdf"
    paper.write_bytes(b"signed by hand")
    sign = (
        "grant",
        "sign",
        draft,
        "--counter",
        "--window",
        "W-3",
        "--written-grant",
        paper,
        "--staff",
        "0042",
    )
    result = run_cli(MemoryClient(), *sign, "--json")
    assert result.exit_code == Exit.OK, result.output
    _, attestation = load_grant(Path(json.loads(result.stdout)["file"]))
    assert attestation is not None
    assert (attestation.kind, attestation.window) == (ATTESTATION_KIND_COUNTER, "W-3")
    assert attestation.written_grant == sha256(b"signed by hand").digest()
    assert len(attestation.clerk) == 32


@pytest.mark.parametrize("ways", [[], ["--counter", "--holder", "legal:X"]])
def test_exactly_one_way_of_signing_is_named(draft: Path, ways: list[str]) -> None:
    assert run_cli(MemoryClient(), "grant", "sign", draft, *ways).exit_code == Exit.USAGE


def test_a_counter_names_window_paper_and_clerk(draft: Path) -> None:
    result = run_cli(MemoryClient(), "grant", "sign", draft, "--counter", "--window", "W-1")
    assert result.exit_code == Exit.USAGE


def test_an_unsigned_grant_is_not_given(draft: Path) -> None:
    result = run_cli(MemoryClient(), "grant", "give", draft)
    assert result.exit_code == Exit.DATA
    assert "not signed" in result.stderr


@pytest.mark.parametrize("field", ["body", "attestation", "grant", "shown"])
def test_a_signed_file_with_a_changed_part_is_refused(draft: Path, key: Path, field: str) -> None:
    said = run_cli(MemoryClient(), "grant", "sign", draft, "--holder-key", key, "--json", env=ENV).stdout
    path = Path(json.loads(said)["file"])
    fields = json.loads(path.read_text(encoding="utf-8"))
    other = "授权别人。" if field == "shown" else "00" + fields[field][2:]
    text = json.dumps({**fields, field: other}, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    result = run_cli(MemoryClient(), "grant", "give", path)
    assert result.exit_code == Exit.DATA
    assert "INPUT_INVALID" in result.stderr
