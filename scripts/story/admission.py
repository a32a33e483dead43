"""Members are admitted by vote: a network's representatives decide that the story's members take part.

    the centre proposes → as many representatives as are needed read it at their own nodes, and vote

A member is admitted with its transport CA, and only then can its first RECOVERY key be voted on: two rounds,
each of one batch an office. Who is there already is left as it is.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import zhenglian
from story import world
from story.network import Network
from story.registration import find_missing
from story.registry import Entry, MemberKey
from story.stage import wait_until_reached
from zhenglian import AsyncClient, build
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_RECOVERY
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL
from zhenglian_sdk.civil_time import compute_now_ms

REASON: Final = "演示：新成员加入 the story's members join"
VALID_MS: Final = timedelta(hours=1) // timedelta(milliseconds=1)


class NotAdmitted(Exception):
    """The votes were cast, and a member is still not there; the text names it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A member that was admitted, by how many votes of how many."""

    member: str
    votes: int
    voters: int


@asynccontextmanager
async def open_offices(network: Network) -> AsyncIterator[dict[str, AsyncClient]]:
    """The office of every member of the network by the member's id, the centre's first."""
    members = sorted(network.nodes, key=lambda member: member != world.CENTRE_MEMBER)
    async with AsyncExitStack() as stack:
        yield {
            member: await stack.enter_async_context(
                await zhenglian.connect_async(network.get_office(member) / "agency.toml")
            )
            for member in members
        }


async def admit_members(offices: Mapping[str, AsyncClient], entries: Sequence[Entry]) -> list[Admission]:
    """Every member among `entries` takes part and has its RECOVERY key; who was new. Raises NotAdmitted."""
    admitted = await _decide(offices, [entry for entry in entries if _is_member(entry)])
    await _decide(offices, [entry for entry in entries if _is_recovery_key(entry)])
    return admitted


async def _decide(offices: Mapping[str, AsyncClient], wanted: Sequence[Entry]) -> list[Admission]:
    """All that is `wanted` is on the ledger; how was voted about what was not there before."""
    centre = offices[world.CENTRE_MEMBER]
    missing = await find_missing(centre, wanted)
    if not missing:
        return []
    proposals = [_build_proposal(entry) for entry in missing]
    (await centre.submit(proposals)).raise_for_refusals()
    identifiers = [proposal.propose.id for proposal in proposals]
    state = (await centre.get_proposal(identifiers[0])).state  # the same electors for all
    voters = [offices[elector.member] for elector in state.electors if elector.member in offices]
    height = centre.session.trust.height
    heights = await asyncio.gather(*(_approve(each, identifiers, height) for each in voters[: state.needed]))
    await wait_until_reached(centre, max(heights))
    for entry in await find_missing(centre, missing):
        raise NotAdmitted(_get_member(entry))
    decided = await asyncio.gather(*(centre.get_proposal(identifier) for identifier in identifiers))
    return [
        Admission(_get_member(entry), len(proposal.approved), len(proposal.state.electors))
        for entry, proposal in zip(missing, decided, strict=True)
    ]


async def _approve(voter: AsyncClient, identifiers: Sequence[bytes], height: int) -> int:
    """A representative has read the proposals at its own node and approved what it read there.

    Returns up to which height its node has come since.
    """
    await wait_until_reached(voter, height)
    found = await asyncio.gather(*(voter.get_object(KIND_PROPOSAL, each) for each in identifiers))
    approvals = [build.vote(record.message, approve=True) for record in found if record is not None]
    (await voter.submit(approvals)).raise_for_refusals()
    return voter.session.trust.height


def _build_proposal(entry: Entry) -> Operation:
    if isinstance(entry, MemberKey):
        change = build.add_recovery_key(entry.member, entry.key.public_key)
    else:
        change = Change(put_member=entry.put_member)
    return build.propose(change, reason=REASON, valid_until=compute_now_ms() + VALID_MS)


def _is_member(entry: Entry) -> bool:
    return not isinstance(entry, MemberKey) and entry.HasField("put_member")


def _is_recovery_key(entry: Entry) -> bool:
    return isinstance(entry, MemberKey) and entry.key.usage == KEY_USAGE_RECOVERY


def _get_member(entry: Entry) -> str:
    return entry.member if isinstance(entry, MemberKey) else entry.put_member.id
