"""Which headers lead a light client from the height it trusts to a newer one (SPEC 8.1).

A block c that changes the validators puts the new set in force at c + 2, and the header of c + 1 announces
it, signed by the old set. So the headers of heights c + 1 lead past every change: between two of them the set
is the one that the earlier one announced, and whoever follows them needs no overlap between old and new.
"""

from collections.abc import Iterable

MAX_PATH = 256
"""Most light blocks of one answer: of 128 validators, six megabytes."""


def compute_path_heights(
    trusted_height: int, changes: Iterable[int], height: int, most: int = MAX_PATH
) -> list[int]:
    """The heights of the light blocks that lead from `trusted_height` to the header of `height`, ascending.

    First the trusted block itself, so that both sides see that they mean the same one; then c + 1 for every
    validator change c of `changes` (heights, ascending), above the trusted block and below `height`. At most
    `most`: whoever needs more asks again from the last one.
    """
    if not trusted_height < height:
        return []
    after = (change + 1 for change in changes if trusted_height < change + 1 < height)
    return [*([trusted_height] if trusted_height else []), *after][:most]
