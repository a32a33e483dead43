"""The story comes to a network that runs: an act of its own before the others.

Nothing of the story stands in that network's genesis. Its members are voted on, and everything else is
registered by the steward, in ordinary signed operations.
"""

from collections.abc import Sequence

import zhenglian
from story import world
from story.admission import Admission, admit_members, open_offices
from story.building import Built
from story.network import Network
from story.registration import register
from story.screen import Screen
from story.stage import wait_until_reached
from zhenglian_ledger.errors import Unreachable


class NetworkDown(Exception):
    """The network lies in the folder, but its centre's node does not answer."""


async def verify_up(network: Network) -> None:
    """The network runs; raises NetworkDown."""
    office = network.get_office(world.CENTRE_MEMBER)
    async with await zhenglian.connect_async(office / "agency.toml") as client:
        try:
            await client.get_status()
        except Unreachable as error:
            raise NetworkDown(network.root) from error


async def join(network: Network, built: Built, screen: Screen) -> None:
    """The ledger knows all that the story's programs need, and the nodes that they ask know it too.

    Raises NotAdmitted, and what submitting raises.
    """
    screen.chapter("成员经表决加入", "members are admitted by vote")
    async with open_offices(network) as offices:
        _show(screen, await admit_members(offices, built.entries))
        steward = offices[world.CENTRE_MEMBER]
        count = await register(steward, built.home, built.entries)
        screen.say(
            f"市大数据中心登记单位、系统、密钥、依据、类型、事项：{count} 项",
            f"the centre registers units, systems, keys, rules, types and matters: {count}",
        )
        for member in {world.get_member_of(system.id) for system in world.SYSTEMS} & set(offices):
            await wait_until_reached(offices[member], steward.session.trust.height)


def _show(screen: Screen, admitted: Sequence[Admission]) -> None:
    if not admitted:
        screen.say("故事中的成员均已在网络中", "all members of the story take part already")
    for admission in admitted:
        member = world.MEMBER_BY_ID[admission.member]
        screen.say(
            f"{member.zh}：{admission.voters} 个成员中 {admission.votes} 票赞成，准予加入",
            f"{member.en}: admitted by {admission.votes} votes of {admission.voters}",
        )
