"""How a proposal stands, counted the slow way: after every vote, over all that could still come."""

from collections.abc import Sequence


def reference_standing(electors: int, ballots: Sequence[bool], voters: int | None = None) -> str:
    """PENDING, ADOPTED or REJECTED after `ballots` (True approves), cast one after another until decided.

    `voters` are all members that vote; of these, one that is to be suspended is no elector.
    """
    whole = electors if voters is None else voters
    for cast in range(len(ballots) + 1):
        approved, rejected = ballots[:cast].count(True), ballots[:cast].count(False)
        if _is_more_than_two_thirds(approved, whole):
            return "ADOPTED"
        if not any(
            _is_more_than_two_thirds(approved + more, whole)
            for more in range(electors - approved - rejected + 1)
        ):
            return "REJECTED"
    return "PENDING"


def _is_more_than_two_thirds(part: int, whole: int) -> bool:
    return part + part + part > whole + whole
