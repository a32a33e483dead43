"""How many approvals a change needs: one table by kind of change (SPEC 5.11).

More than a part of the electorate, in whole numbers: of nine electors, more than two thirds are seven.
"""

from typing import Final, NamedTuple


class MoreThan(NamedTuple):
    """More than `numerator` / `denominator` of all who may vote."""

    numerator: int
    denominator: int

    def compute_needed(self, electors: int) -> int:
        """The least number of approvals that is more than the part of `electors`."""
        return electors * self.numerator // self.denominator + 1


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
