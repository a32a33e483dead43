"""A newcomer from its request to its first vote, by commands alone, on a real ledger without a channel."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.testkit.assembly import OFFICES, Assembly
from tests.testkit.cli_client import run_cli
from tests.testkit.consortium import validator_key
from tests.testkit.ledger_kit import CHAIN_ID
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_OFFICE,
    compute_seed,
)
from tests.testkit.network_requests import build_request
from tests.testkit.node_home import build_ca
from tests.testkit.office_client import OfficeClient
from zhenglian_ledger.certificates import (
    build_leaf,
    format_certificate_pem,
    format_private_key_pem,
    parse_certificate_pem,
)
from zhenglian_ledger.cometbft.light import TrustAnchor
from zhenglian_ledger.join_request import format_request
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_ledger.keys import derive_p256_key
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.trustfile import TrustFile, format_trust_file
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY, KEY_USAGE_SIGN, KeyUsage
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER
from zhenglian_sdk.cli.exits import Exit

LAST_DAY = "2026-03-01"  # two months after the sandbox's genesis
REQUEST = build_request(9)
ENVIRONMENT = {"ZHENGLIAN_PASSPHRASE": "words"}
ENTRIES = """
[[units]]
id = "department-09"
name = "部门9"
member = "department-09"
level = "CITY"
region = "310000"
roles = ["REPRESENTATIVE", "RELYING"]

[[systems]]
id = "department-09-office"
name = "部门9业务系统"
unit = "department-09"
kind = "BACK_OFFICE"
"""


@pytest.fixture
def assembly() -> Assembly:
    return Assembly()


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    path = tmp_path / "request.json"
    path.write_text(format_request(REQUEST), encoding="utf-8")
    return path


def run(assembly: Assembly, *arguments: str | Path, office: str = CENTRE_OFFICE) -> Result:
    return run_cli(OfficeClient(assembly, office), *arguments, env=ENVIRONMENT)


def ask(assembly: Assembly, *arguments: str | Path, office: str = CENTRE_OFFICE) -> dict[str, Any]:
    result = run(assembly, *arguments, "--json", office=office)
    assert result.exit_code == Exit.OK, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def propose(assembly: Assembly, request_file: Path) -> dict[str, Any]:
    words = ("governance", "propose", "newcomer", "--reason", "理由", "--until", LAST_DAY)
    return ask(assembly, *words, "--request", request_file)


def adopt(assembly: Assembly, proposed: dict[str, Any]) -> list[str]:
    ids = [each["proposal"] for each in proposed["proposals"]]
    for office in OFFICES:
        said = ask(assembly, "governance", "vote", *ids, "approve", office=office)
        standings = [each["standing"] for each in said["votes"]]
        if "PENDING" not in standings:
            break
    return standings


def admit(assembly: Assembly, request_file: Path) -> None:
    """The newcomer is a member with a RECOVERY key, a node, a unit and an office without keys."""
    for _ in range(2):
        adopt(assembly, propose(assembly, request_file))
    apply_entries(assembly, request_file)


def apply_entries(assembly: Assembly, request_file: Path) -> None:
    """A steward registers the newcomer's unit and office."""
    entries = request_file.with_name("newcomer.toml")
    entries.write_text(ENTRIES, encoding="utf-8")
    client = RegistryClient(assembly)
    assert run_cli(client, "registry", "apply", entries).exit_code == Exit.OK


class RegistryClient(OfficeClient):
    async def submit_all(self, operations: Any, **_options: Any) -> list[Any]:
        return [await self.submit(operations)]


def write_key(path: Path, seed: str, usage: KeyUsage, owner: str) -> Path:
    text = seal_key(
        compute_seed(seed), suite=SUITE_ED25519, usage=usage, owner=owner, passphrase="words",
        salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    return write_key(
        tmp_path / "recovery.key.json", "department-09-recovery", KEY_USAGE_RECOVERY, "department-09"
    )


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    anchor = TrustAnchor(chain_id=CHAIN_ID, era=0, height=1, header_hash=bytes(32), validators_hash=bytes(32))
    path = tmp_path / "trust.json"
    path.write_text(format_trust_file(TrustFile(anchor)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("tier", "CITY"),
        ("recovery_key", "00"),
        ("votes", 1),
        ("format", "other"),
        ("more", 1),
    ],
)
def test_a_request_that_is_none_is_refused_by_the_field(
    assembly: Assembly, request_file: Path, field: str, value: object
) -> None:
    fields = json.loads(request_file.read_text(encoding="utf-8")) | {field: value}
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    request_file.write_text(text, encoding="utf-8")
    result = run(assembly, "governance", "propose", "newcomer", "--reason", "r", "--request", request_file)
    assert result.exit_code == Exit.DATA
    assert "JOIN_REQUEST_INVALID" in result.output
    assert field in result.output


def test_the_member_is_proposed_first_then_its_key_and_node_and_its_vote_when_it_can_be_cast(
    assembly: Assembly, request_file: Path, recovery: Path
) -> None:
    first = propose(assembly, request_file)
    assert first["again"]
    assert [each["change"]["kind"] for each in first["proposals"]] == ["put_member"]
    assert adopt(assembly, first) == ["ADOPTED"]
    admitted = assembly.get(KIND_MEMBER, b"department-09").message
    assert (admitted.transport_ca, admitted.votes) == (REQUEST.transport_ca, False)
    second = propose(assembly, request_file)
    assert [each["change"]["kind"] for each in second["proposals"]] == ["add_recovery_key", "put_node"]
    assert second["proposals"][1]["change"]["put_node"]["node_id"] == REQUEST.node_id.hex()
    assert adopt(assembly, second) == ["ADOPTED", "ADOPTED"]
    assert propose(assembly, request_file) == {"proposals": [], "again": True}, "its office has no key yet"
    apply_entries(assembly, request_file)
    ask(assembly, "key", "register", "--recovery", recovery, "--request", request_file)
    third = propose(assembly, request_file)
    assert [each["change"]["put_member"]["votes"] for each in third["proposals"]] == [True]
    assert adopt(assembly, third) == ["ADOPTED"]
    size = assembly.sizes[REGISTRY]
    assert propose(assembly, request_file) == {"proposals": [], "again": False}
    assert assembly.sizes[REGISTRY] == size


def test_newcomers_that_cannot_vote_yet_hold_up_nobody(assembly: Assembly, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    for number in range(1, 8):
        path.write_text(format_request(build_request(number)), encoding="utf-8")
        assert adopt(assembly, propose(assembly, path)) == ["ADOPTED"]
        assert adopt(assembly, propose(assembly, path)) == ["ADOPTED", "ADOPTED"]


def test_what_is_open_for_votes_is_not_proposed_again(assembly: Assembly, request_file: Path) -> None:
    first = propose(assembly, request_file)
    size = assembly.sizes[REGISTRY]
    again = propose(assembly, request_file)
    assert again["proposals"][0]["proposal"] == first["proposals"][0]["proposal"]
    assert again["proposals"][0]["open_already"]
    assert assembly.sizes[REGISTRY] == size


def test_a_request_in_the_name_of_a_member_with_another_entry_is_refused(
    assembly: Assembly, tmp_path: Path
) -> None:
    path = tmp_path / "request.json"
    path.write_text(format_request(build_request(9, member=MARKET)), encoding="utf-8")
    result = run(assembly, "governance", "propose", "newcomer", "--reason", "r", "--request", path)
    assert result.exit_code == Exit.DATA
    assert "成员单位market已登记" in result.output
    assert "member market takes part, with another entry" in result.output


def test_a_screen_shows_the_fingerprint_of_a_ca_and_never_its_bytes(
    assembly: Assembly, request_file: Path
) -> None:
    words = (
        "governance",
        "propose",
        "newcomer",
        "--reason",
        "r",
        "--until",
        LAST_DAY,
        "--request",
        request_file,
    )
    said = run(assembly, *words).output
    assert "SHA-256" in said
    assert REQUEST.transport_ca.hex()[:80] not in said
    assert any(len(word) == 95 and word.count(":") == 31 for word in said.split())


def test_votes_on_several_are_cast_together_or_not_at_all(assembly: Assembly) -> None:
    proposals = [assembly.propose(Change(suspend_member=each)) for each in (MARKET, PUDONG)]
    ids = [proposal.id.hex() for proposal in proposals]
    assert run(assembly, "governance", "vote", ids[0], ids[0], "approve").exit_code == Exit.USAGE
    result = run(assembly, "governance", "vote", *ids, "approve", office=PUDONG_OFFICE)
    assert result.exit_code == Exit.REFUSED
    assert ids[1] in result.output
    assert ids[0] not in result.output
    assert ask(assembly, "governance", "show", ids[0])["approved"] == []
    voted = ask(assembly, "governance", "vote", *ids, "approve")
    assert [each["proposal"] for each in voted["votes"]] == ids


def test_a_validator_is_proposed_from_the_request(assembly: Assembly, request_file: Path) -> None:
    words = ("governance", "propose", "validator", "--reason", "r", "--until", LAST_DAY)
    assert run(assembly, *words).exit_code == Exit.USAGE
    key = validator_key(9).hex()
    assert run(assembly, *words, key).exit_code == Exit.USAGE
    assert run(assembly, *words, key, "--request", request_file).exit_code == Exit.USAGE
    refused = run(assembly, *words, "--request", request_file)
    assert refused.exit_code == Exit.REFUSED
    assert "department-09" in refused.output, "it is no member yet"


@pytest.mark.parametrize("form", [format_certificate_pem, bytes])
def test_a_ca_is_taken_as_pem_or_der_and_kept_where_it_is_not_named(
    assembly: Assembly, tmp_path: Path, form: Callable[[bytes], bytes]
) -> None:
    ca = build_ca(MARKET)
    (tmp_path / "ca").write_bytes(form(ca))
    words = ("governance", "propose", "member", MARKET, "--reason", "r", "--until", LAST_DAY)
    before = assembly.get(KIND_MEMBER, MARKET.encode()).message
    made = ask(assembly, *words, "--transport-ca", tmp_path / "ca")
    adopt(assembly, {"proposals": [made]})
    assert assembly.get(KIND_MEMBER, MARKET.encode()).message.transport_ca == ca
    renamed = ask(assembly, *words, "--name", "新名")
    adopt(assembly, {"proposals": [renamed]})
    after = assembly.get(KIND_MEMBER, MARKET.encode()).message
    assert (after.transport_ca, after.name) == (ca, "新名")
    assert (after.tier, after.votes, after.runs_node) == (before.tier, before.votes, before.runs_node)


def test_what_is_no_ca_certificate_is_refused_with_a_sentence(assembly: Assembly, tmp_path: Path) -> None:
    ca, key = build_ca(MARKET), derive_p256_key(compute_seed(f"{MARKET}-ca"))
    leaf = build_leaf(
        key.public_key(),
        ca_certificate=ca,
        ca_key=key,
        system="x",
        serial=1,
        not_before_ms=0,
        not_after_ms=10**12,
    )
    pem = format_certificate_pem(ca)
    wrong = (
        b"",
        b"text",
        ca[:-1],
        pem + pem,
        leaf,
        format_certificate_pem(leaf),
        format_private_key_pem(key),
    )
    for content in wrong:
        (tmp_path / "ca").write_bytes(content)
        words = (
            "governance",
            "propose",
            "member",
            MARKET,
            "--reason",
            "r",
            "--transport-ca",
            tmp_path / "ca",
        )
        result = run(assembly, *words)
        assert result.exit_code == Exit.DATA, content
        assert "须为一份 CA 证书" in result.output
        assert "must be one CA certificate" in result.output


def test_a_new_member_needs_a_name_and_a_tier(assembly: Assembly) -> None:
    words = ("governance", "propose", "member", "member-8", "--reason", "r")
    for more in ((), ("--name", "x"), ("--tier", "district")):
        assert run(assembly, *words, *more).exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("parameters", "nosuch=7"), ("无此参数：nosuch", "no such parameter: nosuch")),
        (
            ("parameters", "max_children=9999"),
            ("字段 max_children (1…1000)", "max_children (1…1000) is out of"),
        ),
        (("parameters", "max_validators=2"), ("参数max_validators不得变更", "never changes")),
        (("parameters", "trace_bits=9"), ("参数trace_bits不得变更", "parameter trace_bits never changes")),
        (("suspend", "nobody"), ("成员单位nobody不存在", "member nobody does not exist")),
        (("resume", "nobody"), ("成员单位nobody不存在", "member nobody does not exist")),
        (("resume", MARKET), ("生效（market）", "in force (market)")),
        (("node", "00" * 20, "--member", "nobody"), ("成员单位nobody不存在", "member nobody does not exist")),
        (("recovery-key", "00" * 32, "--member", "nobody"), ("成员单位nobody", "member nobody does")),
        (("remove-node", "ab" * 20), (f"节点{'ab' * 20}不存在", f"node {'ab' * 20} does not exist")),
    ],
)
def test_a_refusal_names_whom_or_what_it_is_about(
    assembly: Assembly, change: tuple[str, ...], said: tuple[str, str]
) -> None:
    result = run(assembly, "governance", "propose", *change, "--reason", "理由", "--until", LAST_DAY)
    assert result.exit_code in (Exit.DATA, Exit.REFUSED)
    for sentence in said:
        assert sentence in result.output
    assert "… " not in result.output


def test_a_time_for_votes_that_is_too_long_is_named_where_it_is_known(assembly: Assembly) -> None:
    words = ("governance", "propose", "suspend", MARKET, "--reason", "r")
    far = run(assembly, *words, "--until", "2099-01-01")
    assert far.exit_code == Exit.USAGE
    assert "90" in far.output
    late = run(assembly, *words)  # thirty days from this clock; the sandbox's ledger is months behind
    assert late.exit_code == Exit.REFUSED
    assert "valid_until_ms" in late.output


def test_keys_are_signed_offline_and_carried_by_anybodys_office(
    assembly: Assembly, request_file: Path, recovery: Path, trust: Path, tmp_path: Path
) -> None:
    admit(assembly, request_file)
    out = tmp_path / "keys.json"
    words = ("key", "sign", "--recovery", recovery, "--request", request_file, "--trust", trust, "--out", out)
    signed = ask(assembly, *words)
    assert [(each["usage"], each["sequence"]) for each in signed["keys"]] == [("SIGN", 1), ("TRANSPORT", 2)]
    assert run(assembly, *words).exit_code == Exit.DATA, "never overwritten"
    carried = ask(assembly, "key", "carry", out, office=MARKET_OFFICE)
    assert [each["key"] for each in carried["keys"]] == [each["key"] for each in signed["keys"]]
    for each in carried["keys"]:
        assert (
            assembly.get(KIND_KEY, bytes.fromhex(each["key"])).message.body.add.system
            == "department-09-office"
        )
    assert ask(assembly, "key", "carry", out)["keys"] == []
    assert ask(assembly, "key", "sequence", "department-09")["next_sequence"] == 3


def test_keys_are_registered_at_once_with_the_ledgers_sequence(
    assembly: Assembly, request_file: Path, recovery: Path, tmp_path: Path
) -> None:
    admit(assembly, request_file)
    ask(assembly, "key", "register", "--recovery", recovery, "--request", request_file)
    new = write_key(tmp_path / "second.json", "second", KEY_USAGE_SIGN, "department-09-office")
    certificate = tmp_path / "tls.pem"
    key = derive_p256_key(compute_seed("other"))
    leaf = build_leaf(
        key.public_key(), ca_certificate=build_ca("department-09"), serial=1, not_before_ms=0,
        not_after_ms=10**12, ca_key=derive_p256_key(compute_seed("department-09-ca")),
        system="department-09-office",
    )  # fmt: skip
    certificate.write_bytes(format_certificate_pem(leaf))
    said = ask(
        assembly, "key", "register", "--recovery", recovery, "--system", "department-09-office",
        "--key", new, "--key", certificate,
    )  # fmt: skip
    assert [(each["usage"], each["sequence"]) for each in said["keys"]] == [("SIGN", 3), ("TRANSPORT", 4)]
    assert parse_certificate_pem(certificate.read_bytes()) == leaf


def test_what_cannot_be_signed_or_carried_is_told_apart(
    assembly: Assembly, request_file: Path, recovery: Path, trust: Path, tmp_path: Path
) -> None:
    out = tmp_path / "keys.json"
    common = ("--trust", trust, "--out", out)
    sign = ("key", "sign", *common, "--recovery")
    assert run(assembly, *sign, recovery).exit_code == Exit.USAGE
    no_recovery = write_key(tmp_path / "sign.json", "x", KEY_USAGE_SIGN, "department-09")
    assert "WRONG_KEY_USAGE" in run(assembly, *sign, no_recovery, "--request", request_file).output
    other = write_key(tmp_path / "other.json", "other", KEY_USAGE_RECOVERY, "department-09")
    assert "恢复密钥不是申请" in run(assembly, *sign, other, "--request", request_file).output
    assert not out.exists()
    assert run(assembly, *sign, recovery, "--request", request_file, "--sequence", "2").exit_code == Exit.OK
    assert "NOT_FOUND" in run(assembly, "key", "carry", out).output
    admit(assembly, request_file)
    early = run(assembly, "key", "carry", out)
    assert early.exit_code == Exit.REFUSED
    assert "the key sequence must be 1" in early.output
    text = out.read_text(encoding="utf-8")
    for changed in (
        text.replace(CHAIN_ID, "sandbox-11111111"),
        text.replace('"member": "department-09"', '"member": "market"'),
        text.replace('"version": 1', '"version": 2'),
        text.replace("0a", "zz", 1),
        "[]",
    ):
        assert changed != text
        out.write_text(changed, encoding="utf-8")
        assert run(assembly, "key", "carry", out).exit_code == Exit.DATA
