"""How a proposal stands, counted the slow way: after every vote, over all that could still come."""

from collections.abc import Sequence


def reference_standing(electors: int, ballots: Sequence[bool]) -> str:
    """PENDING, ADOPTED or REJECTED after `ballots` (True approves), cast one after another until decided."""
    for cast in range(len(ballots) + 1):
        approved, rejected = ballots[:cast].count(True), ballots[:cast].count(False)
        if _is_more_than_two_thirds(approved, electors):
            return "ADOPTED"
        if not any(
            _is_more_than_two_thirds(approved + more, electors)
            for more in range(electors - approved - rejected + 1)
        ):
            return "REJECTED"
    return "PENDING"


def _is_more_than_two_thirds(part: int, whole: int) -> bool:
    return part + part + part > whole + whole
