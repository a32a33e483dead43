"""How many approvals a change needs: one table by kind of change (SPEC 5.11).

More than a part of the members in force that vote, whether they may vote on this change or not, in whole
numbers: of nine, more than two thirds are seven.
"""

from typing import Final, NamedTuple


class MoreThan(NamedTuple):
    """More than `numerator` / `denominator` of all members that vote."""

    numerator: int
    denominator: int

    def compute_needed(self, voters: int) -> int:
        """The least number of approvals that is more than the part of `voters`."""
        return voters * self.numerator // self.denominator + 1


TWO_THIRDS: Final = MoreThan(2, 3)

THRESHOLDS: Final[dict[str, MoreThan]] = {
    "put_member": TWO_THIRDS,
    "suspend_member": TWO_THIRDS,
    "resume_member": TWO_THIRDS,
    "add_recovery_key": TWO_THIRDS,
    "put_node": TWO_THIRDS,
    "remove_node": TWO_THIRDS,
    "add_validator": TWO_THIRDS,
    "remove_validator": TWO_THIRDS,
    "put_parameters": TWO_THIRDS,
}
"""Kind of change → what must approve it. No kind is without a row."""
