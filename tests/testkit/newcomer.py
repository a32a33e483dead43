"""A member that was not there when the network began: its machine, its request, and how it is let in.

newcomer = Newcomer.create(tmp_path / "newcomer", network)
adopt(network, newcomer.admission); adopt(network, newcomer.permission)
node = newcomer.accept(); node.start()                # catches up from the first block
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.network import Network, NetworkNode
from tests.testkit.network_load import open_client
from tests.testkit.node_home import find_free_port
from zhenglian import Code, Receipt
from zhenglian_ledger.join_request import JoinRequest
from zhenglian_ledger.keyfile import KdfCost
from zhenglian_node.cli.network.acceptance import AcceptPlan, accept
from zhenglian_node.cli.network.member_keys import Folders, RequestPlan, create_member
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import TIER_DISTRICT
from zhenglian_sdk.builders import governance

DAY_MS: Final = 86_400_000
CHEAP: Final = KdfCost(n=1 << 12)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member's machine with its keys; `request` is all that anybody else is shown."""

    root: Path
    network: Network
    request: JoinRequest

    @classmethod
    def create(cls, root: Path, network: Network, member: str = "newcomer") -> "Newcomer":
        """Keys are made in `root`, which did not exist."""
        plan = RequestPlan(
            member=member,
            name="新成员",
            tier=TIER_DISTRICT,
            p2p=f"127.0.0.1:{find_free_port()}",
            api=f"127.0.0.1:{find_free_port()}",
            passphrase="newcomer",
            now_ms=compute_now_ms(),
            votes=True,
            cost=CHEAP,
        )
        return cls(
            root, network, create_member(Folders(root / "node", root / "member", root / "office"), plan)
        )

    @property
    def admission(self) -> Change:
        """The member takes part."""
        request = self.request
        return governance.admit_member(
            request.member, request.name, tier=request.tier, transport_ca=request.transport_ca
        )

    @property
    def permission(self) -> Change:
        """Others let its node in."""
        return governance.allow_node(self.request.node_id, member=self.request.member)

    @property
    def candidacy(self) -> Change:
        """Its node makes blocks."""
        return governance.add_validator(self.request.validator_key, member=self.request.member)

    def accept(self) -> NetworkNode:
        """Its node can run."""
        source = self.network.root
        plan = AcceptPlan(
            genesis=source / "genesis.json",
            peers=source / "peers.json",
            is_joining=True,
            binary=find_cometbft(),
        )
        accept(self.root / "node", plan, lambda _proposal: None)
        authorities = (source / "authorities.pem").read_bytes()
        ca = (self.root / "member" / "ca.pem").read_bytes()
        (self.root / "authorities.pem").write_bytes(authorities + ca)
        row = {"id": self.request.member, "home": "node", "agency": "office/agency.toml", "validator": False}
        return NetworkNode(self.root, row)


def adopt(network: Network, *changes: Change) -> list[Code]:
    """Each change is proposed and approved, one member after another, until it is decided.

    Returns the result of the deciding vote on each: OK, or the code that refused it; where a proposal could
    not even be made, the results of proposing.
    """
    return asyncio.run(adopt_all(network, changes))


async def adopt_all(network: Network, changes: tuple[Change, ...]) -> list[Code]:
    """As `adopt`."""
    needed = 2 * len(network.nodes) // 3 + 1
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(open_client(node.agency)) for node in network.nodes[:needed]
        ]
        proposals = [
            governance.propose(change, reason="测试", valid_until=compute_now_ms() + DAY_MS)
            for change in changes
        ]
        proposed = await clients[0].submit(proposals)
        if proposed.refusals:
            return [result.code for result in proposed.results]
        votes = [governance.vote(proposal.propose, approve=True) for proposal in proposals]
        for client in clients[:-1]:
            (await client.submit(votes)).raise_for_refusals()
        receipt: Receipt = await clients[-1].submit(votes)
        return [result.code for result in receipt.results]


def compute_now_ms() -> int:
    """The wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
