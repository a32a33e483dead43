"""Following the validators: from the header that is trusted to the one a node answers under (SPEC 8.1).

Mostly one step is enough: the set is the one that was announced, or more than two thirds of it signed. Else
the node is asked for the headers in between, as often as it takes; each is verified and kept, so the way is
gone once. Before a node is believed it is asked for the newest trusted header, if another node showed that
one: two nodes on two histories meet here.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TrustedState
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.node_pb2 import NodeStatus, StatusRequest
from zhenglian_proto.v1.proof_pb2 import Anchor
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.trust import TrustStore

MAX_QUESTIONS: Final = 64
"""How often a node is asked for more of the way: 16,384 changes of the validators."""

_NEEDS_PATH: Final = frozenset({Code.PROOF_WRONG_VALIDATORS, Code.PROOF_NOT_ENOUGH_POWER})


class Following:
    """Moves one trust along what nodes show."""

    def __init__(self, trust: TrustStore) -> None:
        """Nothing is asked yet."""
        self._trust = trust
        self._compared: dict[str, int] = {}

    async def get_trusted(self, node: NodeConnection) -> TrustedState:
        """The trust to compare an answer of `node` with, of which the node has shown no other header.

        The first time it is the block that a later trust file names. Raises VerificationFailed: PROOF_FORK,
        PROOF_WRONG_HEADER and what a false header raises; what asking the node raises.
        """
        trust = self._trust
        trust.verify_one_history()
        state = trust.state
        if state is None:
            return await self._begin(node)
        is_known = trust.shown_by == node.target or self._compared.get(node.target) == state.height
        if is_known:
            self._compared[node.target] = state.height
        if not (is_known or state.is_era_start):
            shown = _get_blocks(await _get_status(node, state.height))
            for light_block in shown:
                if light_block.signed_header.header.height == state.height:
                    trust.compare(light_block, state, node.target)
            if shown[-1].signed_header.header.height >= state.height:
                self._compared[node.target] = state.height
        return trust.state or state

    def has_reached(self, node: NodeConnection, since: TrustedState) -> bool:
        """Whether the node is known to have come as far as `since`, so that its refusal is not an old one."""
        return since.is_era_start or self._compared.get(node.target, 0) >= since.height

    async def prove(self, anchor: Anchor, since: TrustedState, node: NodeConnection) -> Proven:
        """The state that `anchor` proves to whoever held `since`, along headers that `node` is asked for.

        Raises what `TrustStore.verify` raises; where the node shows no way, that of the first attempt.
        """
        try:
            return self._trust.verify(anchor, since, node.target)
        except VerificationFailed as error:
            if error.code not in _NEEDS_PATH:
                raise
            refused = error
        bare = Anchor(light_block=anchor.light_block, parts=anchor.parts)
        for _ in range(MAX_QUESTIONS):
            steps = await self._get_steps(bare, since, node)
            if not steps:
                raise refused
            for light_block in steps:
                since = self._trust.follow(light_block, since, node.target)
            try:
                return self._trust.verify(bare, since, node.target)
            except VerificationFailed as error:
                if error.code not in _NEEDS_PATH:
                    raise
                refused = error
        raise refused

    async def _get_steps(self, anchor: Anchor, since: TrustedState, node: NodeConnection) -> list[LightBlock]:
        """What the node shows between `since` and `anchor`, in its order."""
        height = anchor.light_block.signed_header.header.height
        shown = _get_blocks(await _get_status(node, since.height))
        return [block for block in shown if since.height < block.signed_header.header.height < height]

    async def _begin(self, node: NodeConnection) -> TrustedState:
        """PROOF_ROLLED_BACK where the node has not come so far, PROOF_WRONG_HEADER where it shows none."""
        trust = self._trust
        shown = _get_blocks(await _get_status(node, trust.height))
        for light_block in shown:
            if light_block.signed_header.header.height == trust.height:
                trust.begin(light_block, node.target)
        if trust.state is None:
            is_behind = shown[-1].signed_header.header.height < trust.height
            raise VerificationFailed(Code.PROOF_ROLLED_BACK if is_behind else Code.PROOF_WRONG_HEADER)
        return trust.state


async def _get_status(node: NodeConnection, height: int) -> NodeStatus:
    return await node.call(node.stub.GetStatus, StatusRequest(trusted_height=height))


def _get_blocks(status: NodeStatus) -> list[LightBlock]:
    return [*status.anchor.path, status.anchor.light_block]
