"""Second opinions: what nobody can prove is asked of another node too, where one is configured (SPEC 8.8).

Two nodes need not stand at one height, so a difference may only mean that the ledger moved on between the
questions. Both are then asked again; what stays different is a disagreement, and no answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.session import Session

ROUNDS: Final = 3


class Located(Protocol):
    """What was answered from the state after block `height`."""

    @property
    def height(self) -> int:
        """The height."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A node says that there is no such thing."""

    height: int


Said = TypeVar("Said", bound=Located)


async def confirm(
    session: Session,
    look: Callable[[NodeConnection], Awaitable[Said | Nothing]],
    get_stated: Callable[[Said], object],
) -> Said | Nothing:
    """What the first node says, if no other one states otherwise; `look` asks a node and proves the rest.

    Where no other can be asked, the first one's word stands. `get_stated` is the part of an answer that is
    not proven. Raises as `Session.ask`, and VerificationFailed(NODES_DISAGREE) where the two still differ
    when asked for the third time.
    """
    first, node = await session.nodes.ask(look)
    for _ in range(ROUNDS):
        second = await session.ask_another(look, node, is_needed=False)
        if second is None or _compute(first, get_stated) == _compute(second, get_stated):
            return first
        first = await look(node)
    raise VerificationFailed(Code.NODES_DISAGREE, height=first.height)


def _compute(said: Said | Nothing, get_stated: Callable[[Said], object]) -> object:
    return None if isinstance(said, Nothing) else get_stated(said)
