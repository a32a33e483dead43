"""A member's node lies to that member's own office: every lie is caught, and the next node proves the truth.

The liar stands in the place of the district's node: it shows the node's own certificate, and asks the node
with the office's. Which lie is told apart by which code stands in tests/integration/test_lies.py.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.testkit.attesting import confirm
from tests.testkit.ledger_objects import (
    APPLICATION_FORM,
    GATEWAY,
    GATEWAY_SYSTEM,
    HAN_MEIMEI,
    LI_LEI,
    RESTAURANT,
    UNITS,
    applicant_row,
    build_key,
    compute_id,
    issued_row,
    key_body,
    open_case,
    put_material_type,
    put_matter,
    put_system,
    put_unit,
)
from tests.testkit.lies import LIES
from tests.testkit.lying_proxy import Liar
from tests.testkit.network import LICENCE, Network, NetworkNode
from tests.testkit.network_load import build_licence
from tests.testkit.network_office import open_desk
from tests.testkit.node_home import TlsPaths
from zhenglian import Assurance, Code, State, Verdict, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.rows import case_id
from zhenglian_proto.v1.members_pb2 import SYSTEM_KIND_GATEWAY, TIER_DEPARTMENT, KeyOperation, Member
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_CASE
from zhenglian_sdk.agency import read_agency_config
from zhenglian_sdk.client.nodes import Fault
from zhenglian_sdk.client.sync import Client

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

UNIT: Final = "district-310101"
CASE: Final = "2026-0001"
RECORD, OTHER = compute_id("licence"), compute_id("other")
REASON: Final = "inspection 7"

UNPROVEN: Final = {"rolled back", "hidden record"}
"""Lies that no proof contradicts, told in tests of their own: an old true answer; that nothing is known."""

_names = (f"passing {number}" for number in itertools.count())


def build_extra_operations() -> list[Operation]:
    """The genesis operations of an identity gateway, and of the matter that the district decides."""
    gateway = next(plan for plan in UNITS if plan.unit == GATEWAY)._replace(member=GATEWAY)
    body = key_body(GATEWAY, 1, add=build_key(GATEWAY_SYSTEM, GATEWAY_SYSTEM))
    rows = [issued_row("licence", LICENCE, issuing_unit=UNIT), applicant_row("form", APPLICATION_FORM)]
    return [
        Operation(put_member=Member(id=GATEWAY, name="统一身份认证", tier=TIER_DEPARTMENT)),
        Operation(put_unit=put_unit(gateway)),
        Operation(put_system=put_system(GATEWAY_SYSTEM, GATEWAY, SYSTEM_KIND_GATEWAY)),
        Operation(key=KeyOperation(body=body)),
        Operation(put_material_type=put_material_type(id=APPLICATION_FORM)),
        Operation(put_matter=put_matter(unit=UNIT, rows=rows, delegation_depth=0)),
    ]


@dataclass(frozen=True)
class World:
    """A network, whose second node's place a liar has taken, and two records and a case of its member."""

    network: Network
    liar: Liar

    @property
    def node(self) -> NetworkNode:
        """Whose place was taken."""
        return self.network.nodes[1]

    @property
    def honest(self) -> NetworkNode:
        """Another member's node."""
        return self.network.nodes[2]

    @contextmanager
    def connect(self) -> Iterator[Client]:
        """A client of the district's office that asks the liar, and then an honest node."""
        with open_desk(self.node, [self.liar.address, self.honest]) as client:
            yield client

    @contextmanager
    def lying(self, lie: str) -> Iterator[None]:
        """The liar lies, and then tells the truth again."""
        self.liar.tell(lie)
        try:
            yield
        finally:
            self.liar.tell("")

    def write(self, *operations: Operation) -> None:
        """The district's office submits at an honest node."""
        with open_desk(self.node, [self.honest]) as office:
            office.submit(list(operations)).raise_for_refusals()

    def issue(self, **changes: Any) -> bytes:
        """A licence of the district's."""
        licence = build_licence(UNIT, next(_names), **changes)
        self.write(licence)
        return licence.issue_licence.id

    def revoke(self, record: bytes) -> None:
        """The licence is revoked."""
        self.write(build.change_licence(record, "REVOKE", "RESCINDED"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("lies")
    with Network.create(
        directory / "net", districts=3, validators=4, extra=build_extra_operations()
    ) as network:
        network.start()
        with build_liar(network, network.nodes[1], directory / "liar") as liar:
            made = World(network, liar)
            made.write(build_licence(UNIT, "licence"), build_licence(UNIT, "other"))
            made.write(Operation(open_case=open_case(matter=RESTAURANT)))
            made.write(*(build.plan_query(CASE) for _ in range(3)))
            yield made


def build_liar(network: Network, node: NetworkNode, directory: Path) -> Liar:
    """A liar with all that the node's member has."""
    office = read_agency_config(node.agency).tls
    roots = network.root / "authorities.pem"
    shown = TlsPaths(node.config.tls.certificate, node.config.tls.key, roots)
    return Liar(node.config.listen, directory, shown, TlsPaths(office.certificate, office.key, roots))


# what is asked


def ask_record(client: Client) -> None:
    answer = client.verify(RECORD)
    assert (answer.state, answer.assurance, answer.issuer) == (State.VALID, Assurance.PROVEN, UNIT)


def ask_trace(client: Client) -> None:
    trace = client.trace_unit(UNIT, REASON)
    assert trace.count == len(trace.entries) >= 3


def ask_plan(client: Client) -> None:
    assert [row.verdict for row in client.plan(CASE).rows] == [Verdict.NEEDS_GRANT, Verdict.MUST_SUBMIT]


def ask_case(client: Client) -> None:
    case = client.get_object(KIND_CASE, case_id(UNIT, CASE))
    assert case is not None
    assert case.message.applicant == LI_LEI


def submit_refusal(client: Client) -> None:
    """The district is no steward: the batch is accepted, its operation refused."""
    region = build.put_region("310109", "虹口区", valid=build.interval("2026-01-01"))
    assert [refusal.code for refusal in client.submit([region]).refusals] == [Code.NOT_PERMITTED]


ASKED: Final[dict[str, Callable[[Client], None]]] = {
    "GetRecord": ask_record,
    "GetTrace": ask_trace,
    "GetPlan": ask_plan,
    "GetObject": ask_case,
    "Submit": submit_refusal,
}
"""What is asked of the call that a lie is told in, by whoever knows the answer."""

BEFORE: Final[dict[str, Callable[[Client], object]]] = {
    "another record": lambda client: client.verify(OTHER),
    "another signer": lambda client: client.verify(OTHER),
    "another trace": lambda client: client.trace_record(RECORD, REASON),
    "another receipt": submit_refusal,
}
"""What is asked before, honestly, for the answer that the liar shows again."""


def prepare(world: World, client: Client, lie: str) -> Callable[[Client], None]:
    """What is asked while the lie is told; what it is about has happened, and the liar has seen it before."""
    if lie in ("old status", "altered status", "no reason"):
        record = world.issue()
        assert client.verify(record).is_valid
        world.revoke(record)

        def ask_revoked(asker: Client) -> None:
            assert asker.verify(record).state is State.REVOKED

        return ask_revoked
    if LIES[lie].method == "GetGrant":
        record = world.issue(holders=[HAN_MEIMEI])
        return prepare_grant(client, record, is_revoked=lie == "revived grant")
    if lie in BEFORE:
        BEFORE[lie](client)
    return ASKED[LIES[lie].method]


def prepare_grant(client: Client, record: bytes, *, is_revoked: bool) -> Callable[[Client], None]:
    """A grant of Han Meimei's that was seen alive, and is asked for again."""
    body = build.grant_body(
        chain_id=client.chain_id, grantor=HAN_MEIMEI, grantee=UNIT, valid=build.interval("2000-01-01"),
        scope=build.scope(records=[record], whole_document=True),
    )  # fmt: skip
    grant = client.give_grant(body, confirm(compute_grant_id(body), HAN_MEIMEI))
    assert client.get_grant(grant).is_live

    async def attest(target: bytes) -> Any:
        return confirm(target, HAN_MEIMEI)

    if is_revoked:
        client.revoke_grant(grant, attest)

    def ask_grant(asker: Client) -> None:
        assert asker.get_grant(grant).is_live is not is_revoked

    return ask_grant


# what is told


@pytest.mark.parametrize("lie", sorted(set(LIES) - UNPROVEN))
def test_a_lie_is_caught_reported_and_the_next_node_proves_the_truth(world: World, lie: str) -> None:
    with world.connect() as client:
        ask = prepare(world, client, lie)
        assert not client.incidents
        with world.lying(lie):
            ask(client)
        incidents = client.incidents  # a plan asks for a second opinion, and meets the liar again
        assert {each.fault for each in incidents} == {Fault.LYING}
        assert {each.target for each in incidents} == {world.liar.address}
        assert all(each.error.zh and each.error.en for each in incidents)
        assert client.answered_by == world.honest.config.listen


def test_what_was_seen_at_one_node_is_not_rolled_back_by_another(world: World) -> None:
    """An old answer is true; whoever has seen a newer state leaves the node that shows it."""
    record = world.issue()
    with world.connect() as client:
        assert client.verify(record).is_valid
        world.revoke(record)
        client.get_status()
        with world.lying("rolled back"):
            assert client.verify(record).state is State.REVOKED
        assert {each.fault for each in client.incidents} == {Fault.LAGGING}
        assert {each.target for each in client.incidents} == {world.liar.address}


def test_a_hidden_record_is_contradicted_by_the_next_node(world: World) -> None:
    with world.connect() as client:
        with world.lying("hidden record"), pytest.raises(VerificationFailed) as caught:
            client.verify(OTHER)
        assert caught.value.code == Code.NODES_DISAGREE
        assert client.verify(OTHER).is_valid
