"""Exit codes of the command line: one table, by the code of the error (sysexits.h, where it has one)."""

from enum import IntEnum
from typing import Final, Self

from zhenglian_ledger.codes import Code


class Exit(IntEnum):
    """What a process says with its exit code."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Return the member for `value` with its meaning attached."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "done"
    USAGE = 2, "the command line is wrong"
    DATA = 65, "a genesis, key, trust file or certificate cannot be used"
    INPUT = 66, "a file that was named does not exist"
    UNAVAILABLE = 69, "the node cannot be reached, or the platform is not supported"
    INTERNAL = 70, "a fault of the program"
    EXISTS = 73, "what should be made exists already"
    STORE = 74, "the store is missing, damaged, or another ledger's"
    BUSY = 75, "the store is in use by another process, or the node is overloaded: try again later"
    DENIED = 77, "not permitted, or a wrong passphrase"
    CONFIG = 78, "the configuration is wrong"


_EXITS: Final[dict[Code, Exit]] = {
    Code.NODE_UNREACHABLE: Exit.UNAVAILABLE,
    Code.TLS_FAILED: Exit.UNAVAILABLE,
    Code.DEADLINE: Exit.UNAVAILABLE,
    Code.NODE_STOPPING: Exit.UNAVAILABLE,
    Code.PLATFORM_UNSUPPORTED: Exit.UNAVAILABLE,
    Code.OVERLOADED: Exit.BUSY,
    Code.STORE_LOCKED: Exit.BUSY,
    Code.INTERNAL: Exit.INTERNAL,
    Code.ALREADY_INITIALISED: Exit.EXISTS,
    Code.CONFIG_INVALID: Exit.CONFIG,
    Code.GENESIS_INVALID: Exit.DATA,
    Code.FILE_NOT_FOUND: Exit.INPUT,
    Code.WRONG_PASSPHRASE: Exit.DENIED,
}
_RANGES: Final = (
    (2000, Exit.DATA),
    (3000, Exit.DENIED),
    (4000, Exit.STORE),
    (5000, Exit.UNAVAILABLE),
    (6000, Exit.DATA),
)
"""For codes below the number that have no row of their own."""


def compute_exit(code: Code) -> Exit:
    """The exit code of an error."""
    row = _EXITS.get(code)
    return row if row is not None else next(exit_code for end, exit_code in _RANGES if code < end)
