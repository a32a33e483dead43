"""A lying node is caught: each lie by its own code, an honest answer never, and an outage is no lie.

A real node, a proxy before it that its member could run, mTLS between all of them, and the SDK as an agency
uses it. Every question is also asked honestly through the same proxy, so what is caught is the lie.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.attesting import confirm
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    FOOD_PERMIT,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
    open_case,
)
from tests.testkit.lies import LIES
from tests.testkit.lying_proxy import LyingProxy, build_relay_operations
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from zhenglian import Assurance, Code, State, Verdict, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.errors import Unreachable, VerificationFailed
from zhenglian_ledger.rows import case_id
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_CASE
from zhenglian_sdk.client.nodes import Fault
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.sync import Client

CASE: Final = "2026-0001"
LICENCE, OTHER, HIDDEN = compute_id("licence"), compute_id("other"), compute_id("hidden")
IMPATIENT: Final = Options(patience_s=0.1)

_names = (f"passing {number}" for number in itertools.count())


@dataclass(frozen=True)
class World:
    """A node, a proxy that lies for it, and the clients of agencies that take the proxy for the node."""

    node: NodeProcess
    proxy: LyingProxy
    directory: Path

    def connect(self, system: str, *, second: bool = False) -> Client:
        """A client that trusts genesis alone; the `second` node it may ask is the honest one."""
        honest = self.node.address if second else ""
        config = write_agency(
            self.directory / next(_names), self.node.home, system,
            node=self.proxy.address, second_node=honest,
        )  # fmt: skip
        return zhenglian.connect(config, options=IMPATIENT)

    @contextmanager
    def connect_honestly(self, system: str) -> Iterator[Client]:
        """A client of the node itself."""
        config = write_agency(self.directory / next(_names), self.node.home, system)
        with zhenglian.connect(config) as client:
            yield client

    @contextmanager
    def lying(self, lie: str) -> Iterator[None]:
        """The proxy tells the lie, and then the truth again."""
        self.proxy.tell(lie)
        try:
            yield
        finally:
            self.proxy.tell("")

    def issue(self, name: str, system: str = MARKET_OFFICE, **changes: Any) -> bytes:
        """A licence, on the ledger."""
        with self.connect_honestly(system) as market:
            licence = issue_licence(name, **changes)
            market.submit([Operation(issue_licence=licence)]).raise_for_refusals()
        return licence.id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Li Lei has a licence and a case at Huangpu, and was looked up three times; Han Meimei was, once."""
    directory = tmp_path_factory.mktemp("lies")
    home = SandboxHome.create(directory / "node", extra=build_relay_operations())
    with NodeProcess(home) as node, LyingProxy(home, node.address, directory / "proxy") as proxy:
        made = World(node, proxy, directory)
        made.issue("licence")
        made.issue("other", MARKET_COUNTER, holders=[HAN_MEIMEI], type=FOOD_PERMIT)
        made.issue("hidden")
        with made.connect_honestly(HUANGPU_COUNTER) as counter:
            counter.submit([Operation(open_case=open_case())]).raise_for_refusals()
            looked_up = [build.verify_query(record=each) for each in (LICENCE, OTHER, LICENCE, HIDDEN)]
            counter.submit(looked_up).raise_for_refusals()
        yield made


# what is asked


def ask_record(client: Client) -> object:
    answer = client.verify(LICENCE)
    assert (answer.state, answer.assurance, answer.issuer) == (State.VALID, Assurance.PROVEN, MARKET)
    return answer


def ask_trace(client: Client) -> object:
    trace = client.trace_subject(LI_LEI, "inspection 7")
    assert trace.count == len(trace.entries) >= 3
    return trace


def ask_plan(client: Client) -> object:
    plan = client.plan(CASE)
    assert [row.verdict for row in plan.rows] == [Verdict.NEEDS_GRANT] + 3 * [Verdict.MUST_SUBMIT]
    return plan


def ask_case(client: Client) -> object:
    case = client.get_object(KIND_CASE, case_id(HUANGPU, CASE))
    assert case is not None
    assert case.message.applicant == LI_LEI
    return case


def submit_refusal(client: Client) -> object:
    """The counter is no steward: the batch is accepted, its operation refused."""
    region = build.put_region("310109", "虹口区", valid=build.interval("2026-01-01"))
    receipt = client.submit([region])
    assert [refusal.code for refusal in receipt.refusals] == [Code.NOT_PERMITTED]
    return receipt


def ask_other_record(client: Client) -> object:
    return client.verify(OTHER)


def ask_other_trace(client: Client) -> object:
    return client.trace_subject(HAN_MEIMEI, "inspection 7")


class Case(NamedTuple):
    """Who asks what, what is asked before, honestly, and the code by which the lie is told apart."""

    code: Code
    system: str = HUANGPU_COUNTER
    ask: Callable[[Client], object] = ask_record
    before: Callable[[Client], object] | None = None


def in_trace(code: Code, before: Callable[[Client], object] | None = None) -> Case:
    return Case(code, CENTRE_OFFICE, ask_trace, before)


def in_plan(code: Code) -> Case:
    return Case(code, ask=ask_plan)


CASES: Final = {
    "another chain": Case(Code.PROOF_OTHER_CHAIN),
    "another validator's signature": Case(Code.PROOF_NOT_ENOUGH_POWER),
    "another validator set": Case(Code.PROOF_WRONG_VALIDATORS),
    "another header": Case(Code.PROOF_WRONG_HEADER),
    "another state": Case(Code.PROOF_WRONG_APP_HASH),
    "an incomplete state": Case(Code.PROOF_MALFORMED),
    "another record": Case(Code.PROOF_OTHER_RECORD, before=ask_other_record),
    "another index's status": Case(Code.PROOF_SWAPPED),
    "another log": Case(Code.PROOF_SWAPPED),
    "another index": Case(Code.PROOF_WRONG_PATH),
    "truncated path": Case(Code.PROOF_TRUNCATED_PATH),
    "bent path": Case(Code.PROOF_WRONG_PATH),
    "altered content": Case(Code.PROOF_WRONG_PATH),
    "another signer": Case(Code.PROOF_SWAPPED, before=ask_other_record),
    "forged signature": Case(Code.PROOF_WRONG_PATH),
    "hidden signature": Case(Code.PROOF_WRONG_SIGNER),
    "hidden signing system": Case(Code.PROOF_WRONG_SIGNER),
    "nobody's case": Case(Code.PROOF_WRONG_SIGNER, ask=ask_case),
    "shortened trace": in_trace(Code.PROOF_WRONG_TRACE),
    "shortened trace and count": in_trace(Code.PROOF_WRONG_TRACE),
    "dropped element": in_trace(Code.PROOF_WRONG_TRACE),
    "reordered trace": in_trace(Code.PROOF_WRONG_TRACE),
    "altered element": in_trace(Code.PROOF_WRONG_TRACE),
    "endless trace": in_trace(Code.PROOF_WRONG_TRACE),
    "garbage page": in_trace(Code.PROOF_WRONG_TRACE),
    "one element a page": in_trace(Code.PROOF_WRONG_TRACE),
    "denied trace": in_trace(Code.PROOF_WRONG_TRACE),
    "another trace": in_trace(Code.PROOF_SWAPPED, ask_other_trace),
    "missing row": in_plan(Code.PROOF_OTHER_RECORD),
    "foreign row": in_plan(Code.PROOF_OTHER_RECORD),
    "false exemption": in_plan(Code.PROOF_MISSING),
    "exempt by another record": in_plan(Code.PROOF_OTHER_RECORD),
    "accepted refusal": Case(Code.PROOF_WRONG_PATH, ask=submit_refusal),
    "another receipt": Case(Code.PROOF_WRONG_PATH, ask=submit_refusal, before=submit_refusal),
}
"""Lies that need nothing to have happened on the ledger."""

TOLD_AFTER_A_CHANGE: Final = {
    "rolled back", "old status", "altered status", "no reason", "hidden record", "revived grant",
    "hidden attesting key",
}  # fmt: skip
"""Lies about what has changed, told in tests of their own."""


def test_every_lie_is_told_here() -> None:
    assert set(CASES) | TOLD_AFTER_A_CHANGE == set(LIES)


@pytest.mark.parametrize("lie", CASES)
def test_a_lie_is_told_apart_by_its_code(world: World, lie: str) -> None:
    case = CASES[lie]
    with world.connect(case.system) as client:
        if case.before is not None:
            case.before(client)
        with world.lying(lie), pytest.raises(VerificationFailed) as caught:
            case.ask(client)
        assert caught.value.code == case.code, caught.value
        assert caught.value.zh
        assert caught.value.en
        case.ask(client)  # the truth, after the lie, by the same client


# the shown fields of a trace that is not complete


def test_a_shortened_trace_says_which_heads_differ(world: World) -> None:
    with world.connect(CENTRE_OFFICE) as auditor:
        with world.lying("shortened trace"), pytest.raises(VerificationFailed) as caught:
            ask_trace(auditor)
        fields = caught.value.fields
        assert {len(str(fields["expected"])), len(str(fields["found"]))} == {64}
        assert fields["expected"] != fields["found"]
        assert str(fields["expected"]) in caught.value.zh


# what has changed


def revoke(world: World, record: bytes) -> None:
    with world.connect_honestly(MARKET_OFFICE) as market:
        market.submit([build.change_licence(record, "REVOKE", "RESCINDED")]).raise_for_refusals()


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        ("rolled back", Code.PROOF_ROLLED_BACK),
        ("old status", Code.PROOF_OLD_STATUS),
        ("altered status", Code.PROOF_OLD_STATUS),
        ("no reason", Code.PROOF_WRONG_STATUS),
    ],
)
def test_a_revoked_record_is_not_passed_off_as_valid(world: World, lie: str, code: Code) -> None:
    record = world.issue(lie)
    with world.connect(HUANGPU_COUNTER) as client:
        assert client.verify(record).is_valid
        revoke(world, record)
        with world.connect_honestly(HUANGPU_COUNTER) as elsewhere:
            assert elsewhere.verify(record).state is State.REVOKED
        with world.lying(lie):
            if lie == "rolled back":  # as long as this client has seen nothing newer
                assert client.verify(record).height < client.get_status().provable_height
            with pytest.raises(VerificationFailed) as caught:
                client.verify(record)
        assert caught.value.code == code
        assert client.verify(record).state is State.REVOKED


def test_what_was_seen_is_not_rolled_back_by_a_restart_of_the_client(world: World) -> None:
    record = world.issue("rolled back and restarted")
    config = write_agency(
        world.directory / "restarted", world.node.home, HUANGPU_COUNTER, node=world.proxy.address
    )
    with zhenglian.connect(config, options=IMPATIENT) as client:
        assert client.verify(record).is_valid
        revoke(world, record)
        client.get_status()
    with (
        world.lying("rolled back"),
        zhenglian.connect(config, options=IMPATIENT) as client,
        pytest.raises(VerificationFailed) as caught,
    ):
        client.verify(record)
    assert caught.value.code == Code.PROOF_ROLLED_BACK


def test_a_revoked_grant_is_not_passed_off_as_live(world: World) -> None:
    with world.connect(HUANGPU_COUNTER) as client:
        scope = build.scope(records=[LICENCE], whole_document=True)
        body = build.grant_body(
            chain_id=client.chain_id, grantor=LI_LEI, grantee=HUANGPU,
            valid=build.interval("2000-01-01"), scope=scope,
        )  # fmt: skip
        grant = client.give_grant(body, confirm(compute_grant_id(body)))
        assert client.get_grant(grant).is_live
        with world.lying("hidden attesting key"), pytest.raises(VerificationFailed) as caught:
            client.get_grant(grant)
        assert caught.value.code == Code.PROOF_WRONG_CHAIN_OF_GRANTS

        async def attest(target: bytes) -> Any:
            return confirm(target)

        client.revoke_grant(grant, attest)
        with world.connect(HUANGPU_COUNTER) as elsewhere:
            with world.lying("revived grant"), pytest.raises(VerificationFailed) as caught:
                elsewhere.get_grant(grant)
            assert caught.value.code == Code.PROOF_OLD_STATUS
            assert elsewhere.get_grant(grant).chain.liveness.code == Code.GRANT_REVOKED


# what nobody can prove


def test_a_hidden_record_is_contradicted_by_the_second_node(world: World) -> None:
    with world.connect(HUANGPU_COUNTER, second=True) as client:
        with world.lying("hidden record"), pytest.raises(VerificationFailed) as caught:
            client.verify(HIDDEN)
        assert caught.value.code == Code.NODES_DISAGREE
        assert client.verify(HIDDEN).is_valid
        nothing = client.verify(compute_id("nothing"))
        assert (nothing.state, nothing.assurance) == (State.NOT_FOUND, Assurance.STATED)


# another node


TOLD_BESIDE_AN_HONEST_NODE: Final = (
    "another validator set", "another header", "another state", "another log",
    "shortened trace and count", "false exemption", "nobody's case",
)  # fmt: skip


@pytest.mark.parametrize("lie", TOLD_BESIDE_AN_HONEST_NODE)
def test_a_lie_is_reported_and_the_second_node_proves_the_truth(world: World, lie: str) -> None:
    case = CASES[lie]
    with world.connect(case.system, second=True) as client:
        case.ask(client)
        assert not client.incidents
        with world.lying(lie):
            case.ask(client)
        incidents = client.incidents  # a plan asks for a second opinion, and meets the liar again
        assert {(each.fault, each.error.code) for each in incidents} == {(Fault.LYING, case.code)}
        assert {each.target for each in incidents} == {world.proxy.address}
        assert client.answered_by == world.node.address


def test_a_forged_receipt_is_reported_and_the_second_node_has_the_true_one(world: World) -> None:
    with world.connect(HUANGPU_COUNTER, second=True) as client:
        with world.lying("accepted refusal"):
            submit_refusal(client)
        assert [incident.fault for incident in client.incidents] == [Fault.LYING]


def test_a_lie_is_raised_where_the_second_node_is_gone(world: World) -> None:
    config = write_agency(
        world.directory / next(_names), world.node.home, HUANGPU_COUNTER,
        node=world.proxy.address, second_node="localhost:1", more_nodes=["localhost:2"],
    )  # fmt: skip
    with zhenglian.connect(config, options=IMPATIENT) as client:
        with world.lying("another header"), pytest.raises(VerificationFailed) as caught:
            ask_record(client)
        assert caught.value.code == Code.PROOF_WRONG_HEADER
        assert caught.value.fields["node"] == world.proxy.address
        kinds = [incident.fault for incident in client.incidents]
        assert kinds == [Fault.LYING, Fault.UNREACHABLE, Fault.UNREACHABLE]
        ask_record(client)  # the truth, from the one that is there
        assert [report.fault for report in client.get_nodes()] == [None, Fault.UNREACHABLE, Fault.UNREACHABLE]


def test_without_a_second_node_a_hidden_record_is_stated_and_never_proven(world: World) -> None:
    with world.connect(HUANGPU_COUNTER) as client, world.lying("hidden record"):
        answer = client.verify(HIDDEN)
    assert (answer.state, answer.assurance, answer.code) == (
        State.NOT_FOUND,
        Assurance.STATED,
        Code.NOTHING_KNOWN,
    )


# an outage is no lie


def test_a_node_that_is_gone_is_unknown_and_never_a_liar(world: World) -> None:
    with world.connect(HUANGPU_COUNTER) as counter, world.connect(CENTRE_OFFICE) as auditor:
        ask_record(counter)
        world.proxy.kill()
        try:
            answer = counter.verify(LICENCE)
            assert (answer.state, answer.assurance) == (State.UNKNOWN, Assurance.STATED)
            assert answer.code == Code.NODE_UNREACHABLE
            for client, ask in ((counter, ask_plan), (auditor, ask_trace)):
                with pytest.raises(Unreachable) as caught:
                    ask(client)
                assert caught.value.code == Code.NODE_UNREACHABLE
        finally:
            world.proxy.start()
        ask_record(counter)


def test_a_node_behind_the_proxy_that_is_gone_is_unknown_too(world: World) -> None:
    with world.connect(HUANGPU_COUNTER, second=True) as client:
        ask_record(client)
        world.node.kill()
        try:
            with world.lying("hidden record"):
                answer = client.verify(LICENCE)
            assert (answer.state, answer.code) == (State.UNKNOWN, Code.NODE_UNREACHABLE)
        finally:
            world.node.start()
        ask_record(client)
