"""governance …: proposing, voting and looking, on a real ledger with real proofs, without a channel."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.testkit.assembly import OFFICES, Assembly
from tests.testkit.cli_client import run_cli
from tests.testkit.consortium import WEEK_MS, member, node, validator_key
from tests.testkit.ledger_objects import CENTRE_OFFICE, MARKET
from tests.testkit.office_client import OfficeClient
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused, ZhenglianError
from zhenglian_ledger.rows import REGISTRY
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.client.governance import Governance

LAST_DAY = "2026-03-01"  # two months after the sandbox's genesis


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    """A ledger that has a history: a member that is suspended, a node that was removed."""
    assembly = Assembly()
    assembly.adopt(Change(put_member=member(7, votes=False)))
    assembly.adopt(Change(put_node=node(7)))
    assembly.adopt(Change(suspend_member="member-7"))
    return assembly


def run(assembly: Assembly, *arguments: str | Path, office: str = CENTRE_OFFICE) -> Result:
    return run_cli(OfficeClient(assembly, office), "governance", *arguments)


def read(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def propose(assembly: Assembly, *change: str | Path) -> dict[str, Any]:
    result = run(assembly, "propose", *change, "--reason", "理由", "--until", LAST_DAY, "--json")
    assert result.exit_code == Exit.OK, result.output
    return read(result)


PROPOSED: dict[str, tuple[tuple[str, ...], Change]] = {
    "member": (
        ("member", "member-8", "--name", "成员 8", "--tier", "department"),
        Change(put_member=member(8)),
    ),
    "member without vote or node": (
        ("member", "member-8", "--name", "成员 8", "--tier", "department", "--no-vote", "--no-node"),
        Change(put_member=member(8, votes=False, runs_node=False)),
    ),
    "suspend": (("suspend", MARKET), Change(suspend_member=MARKET)),
    "resume": (("resume", "member-7"), Change(resume_member="member-7")),
    "node": (("node", node(9).node_id.hex(), "--member", MARKET), Change(put_node={
        "node_id": node(9).node_id, "member": MARKET})),
    "remove-node": (("remove-node", node(7).node_id.hex()), Change(remove_node=node(7).node_id)),
    "recovery-key": (
        ("recovery-key", validator_key(9).hex(), "--member", MARKET),
        Change(add_recovery_key={"member": MARKET, "public_key": validator_key(9)}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROPOSED)
def test_what_the_command_line_says_is_what_is_proposed(assembly: Assembly, name: str) -> None:
    arguments, change = PROPOSED[name]
    made = propose(assembly, *arguments)
    found = assembly.find(KIND_PROPOSAL, bytes.fromhex(made["proposal"])).operation.propose
    assert (found.change, found.reason) == (change, "理由")
    assert found.valid_until_ms == made["valid_until_ms"]
    assert made["change"]["kind"] == change.WhichOneof("kind")


def test_parameters_are_proposed_whole_with_what_changes(assembly: Assembly) -> None:
    made = propose(assembly, "parameters", "max_children=7", "backdating_ms=86400000")
    before = assembly.state.get_parameters()
    found = assembly.find(KIND_PROPOSAL, bytes.fromhex(made["proposal"])).operation.propose.change
    assert (found.put_parameters.max_children, found.put_parameters.backdating_ms) == (7, 86_400_000)
    before.max_children, before.backdating_ms = 7, 86_400_000
    assert found.put_parameters == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("node", "00" * 19, "--member", MARKET), Exit.USAGE),
        (("node", "zz" * 20, "--member", MARKET), Exit.USAGE),
        (("validator", "00" * 31, "--member", MARKET), Exit.USAGE),
        (("parameters", "max_children"), Exit.DATA),
        (("parameters", "max_children=\uff17"), Exit.DATA),
        (("parameters", "no_such=7"), Exit.DATA),
        (("suspend", "nobody"), Exit.REFUSED),
        (("suspend", "没有"), Exit.DATA),
        (("validator", "00" * 32, "--member", MARKET), Exit.REFUSED),  # a ledger of one validator
        (("remove-validator", "00" * 32), Exit.REFUSED),
        (("suspend", MARKET, "--request-id", "r"), Exit.USAGE),
    ],
)
def test_what_cannot_be_proposed_is_told_apart(
    assembly: Assembly, arguments: tuple[str, ...], code: Exit
) -> None:
    result = run(assembly, "propose", *arguments, "--reason", "理由")
    assert result.exit_code == code, result.output


def test_a_repeated_request_is_one_proposal(assembly: Assembly) -> None:
    client = OfficeClient(assembly)
    arguments = ("propose", "suspend", MARKET, "--reason", "理由", "--until", LAST_DAY, "--json")
    repeated = (*arguments, "--request-id", "r-1", "--id", "ab" * 32)
    first = run_cli(client, "governance", *repeated)
    size = assembly.sizes[REGISTRY]
    assert read(first) == read(run_cli(client, "governance", *repeated))
    assert assembly.sizes[REGISTRY] == size


def test_members_vote_until_it_is_adopted() -> None:
    assembly = Assembly()
    proposal = propose(assembly, "member", "member-8", "--name", "成员 8", "--tier", "department")["proposal"]
    standings = []
    for office in OFFICES[:4]:
        result = run(assembly, "vote", proposal, "approve", "--json", office=office)
        assert result.exit_code == Exit.OK
        standings.append(read(result)["standing"])
    assert standings == ["PENDING", "PENDING", "PENDING", "ADOPTED"]
    late = run(assembly, "vote", proposal, "approve", office=OFFICES[4])
    assert late.exit_code == Exit.REFUSED
    assert "PROPOSAL_DECIDED" in late.output
    shown = read(run(assembly, "show", proposal, "--json"))
    assert shown["approved"] == ["centre", "housing", "huangpu", "market"]
    assert (shown["missing"], shown["proposer"], shown["needed"]) == (["pudong"], "centre", 4)


def test_a_rejected_proposal_is_a_negative_answer() -> None:
    assembly = Assembly()
    proposal = propose(assembly, "suspend", MARKET)["proposal"]
    assert run(assembly, "show", proposal).exit_code == Exit.OK
    for office in (OFFICES[0], OFFICES[2]):
        run(assembly, "vote", proposal, "reject", office=office)
    shown = run(assembly, "show", proposal)
    assert shown.exit_code == Exit.NEGATIVE
    assert "未通过" in shown.output
    assert "REJECTED" in shown.output


def test_an_expired_proposal_is_a_negative_answer() -> None:
    assembly = Assembly()
    proposal = assembly.propose(Change(suspend_member=MARKET))
    assembly.wait(WEEK_MS)
    assembly.propose(Change(suspend_member=MARKET))
    shown = run(assembly, "show", proposal.id.hex(), "--json")
    assert (shown.exit_code, read(shown)["standing"]) == (Exit.NEGATIVE, "EXPIRED")


@pytest.mark.parametrize("ballot", ["yes", ""])
def test_a_vote_says_which(assembly: Assembly, ballot: str) -> None:
    assert run(assembly, "vote", "00" * 32, *([ballot] if ballot else [])).exit_code == Exit.USAGE


def test_a_proposal_that_nobody_knows_is_refused(assembly: Assembly) -> None:
    for command in (("show", "00" * 32), ("vote", "00" * 32, "approve")):
        result = run(assembly, *command)
        assert result.exit_code == Exit.REFUSED
        assert "NOT_FOUND" in result.output


def test_the_list_names_what_may_be_voted_on() -> None:
    assembly = Assembly()
    first = assembly.propose(Change(suspend_member=MARKET))
    assembly.adopt(Change(put_member=member(8)))
    listed = read(run(assembly, "list", "--json"))["proposals"]
    assert [each["proposal"] for each in listed] == [first.id.hex()]
    everything = read(run(assembly, "list", "--all", "--json"))["proposals"]
    assert [each["standing"] for each in everything] == ["ADOPTED", "PENDING"]
    said = run(assembly, "list").output
    assert "暂停成员单位" in said
    assert "suspend a member" in said
    assert "0/4" in said


def test_the_network_is_listed_with_who_is_suspended(assembly: Assembly) -> None:
    found = read(run(assembly, "network", "--json"))
    assert {each["id"]: each["status"] for each in found["members"]}["member-7"] == "SUSPENDED"
    assert [(each["node_id"], each["status"]) for each in found["nodes"]] == [
        (node(7).node_id.hex(), "VALID")
    ]
    assert found["parameters"]["trace_bits"] == assembly.state.get_parameters().trace_bits
    said = run(assembly, "network").output
    assert "已暂停" in said
    assert node(7).node_id.hex() in said


def test_an_error_is_an_exit_code_and_a_sentence(assembly: Assembly) -> None:
    class Failing(OfficeClient):
        async def get_governance(self, *, with_decided: bool = False) -> Governance:
            raise ZhenglianError(Code.NODES_DISAGREE) if with_decided else Refused(Code.NOT_PERMITTED)

    result = run_cli(Failing(assembly), "governance", "list", "--json")
    assert result.exit_code == Exit.REFUSED
    assert read(result)["error"]["name"] == "NOT_PERMITTED"
