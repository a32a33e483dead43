"""Every node side by side: how far each one is, and whether what it shows holds."""

import asyncio
from dataclasses import dataclass

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.nodes import Fault, compute_fault
from zhenglian_sdk.client.session import Session


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node's answer. `status` is proven as far as its anchor goes; engine, version, height are stated.

    `error` is there where it cannot be relied on; `fault` is what that says about the node (None: nothing).
    """

    target: str
    status: NodeStatus | None = None
    error: ZhenglianError | None = None

    @property
    def fault(self) -> Fault | None:
        """What is wrong with the node."""
        return None if self.error is None else compute_fault(self.error)

    @property
    def header_height(self) -> int:
        """The height of the newest header it shows, 0 where it shows none."""
        return self.status.anchor.light_block.signed_header.header.height if self.status else 0


async def ask_every_node(session: Session) -> list[NodeReport]:
    """A report of each node, in the order of the configuration; all are asked at the same time.

    Those that answered are then compared at one height, where two histories would part.
    """
    nodes = session.nodes.all
    reports = await asyncio.gather(*(_ask(session, node) for node in nodes))
    return [await _compare(session, node, report) for node, report in zip(nodes, reports, strict=True)]


async def _ask(session: Session, node: NodeConnection) -> NodeReport:
    def build() -> StatusRequest:
        return StatusRequest(trusted_height=session.trust.height)

    try:
        status, _ = await session.ask_at(node, lambda stub: stub.GetStatus, build)
    except ZhenglianError as error:
        return NodeReport(node.target, error=error)
    return NodeReport(node.target, status)


async def _compare(session: Session, node: NodeConnection, report: NodeReport) -> NodeReport:
    """The report, if the node shows the newest trusted header, or is not there yet."""
    if report.error is not None:
        return report
    try:
        await session.following.get_trusted(node)
    except ZhenglianError as error:
        return NodeReport(node.target, report.status, error)
    return report
