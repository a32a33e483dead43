"""Lifecycles as data: state × event → state, one table a family, and the status nibble of each state (SPEC 3.3).

Two rules hold here: a pair that is not in a table is refused with WRONG_STATE, and expiry is in no table,
because it is computed from the record and time and never written. The documentation's tables are generated
from these.
"""

from collections.abc import Mapping
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1.cases_pb2 import (
    CASE_EVENT_ACCEPT,
    CASE_EVENT_CLOSE,
    CASE_EVENT_GRANT,
    CASE_EVENT_REFUSE,
    CASE_EVENT_WITHDRAW,
)
from zhenglian_proto.v1.grants_pb2 import GRANT_EVENT_RESUME, GRANT_EVENT_REVOKE, GRANT_EVENT_SUSPEND
from zhenglian_proto.v1.records_pb2 import (
    LICENCE_EVENT_CANCEL,
    LICENCE_EVENT_RESUME,
    LICENCE_EVENT_REVOKE,
    LICENCE_EVENT_SUSPEND,
    MATERIAL_EVENT_ACCEPT,
    MATERIAL_EVENT_REJECT,
    MATERIAL_EVENT_WITHDRAW,
)
from zhenglian_proto.v1.state_pb2 import (
    CASE_STANDING_ACCEPTED,
    CASE_STANDING_CLOSED,
    CASE_STANDING_GRANTED,
    CASE_STANDING_OPENED,
    CASE_STANDING_REFUSED,
    CASE_STANDING_WITHDRAWN,
    GRANT_STANDING_REVOKED,
    GRANT_STANDING_SUSPENDED,
    GRANT_STANDING_VALID,
    RECORD_STANDING_CANCELLED,
    RECORD_STANDING_PENDING,
    RECORD_STANDING_REJECTED,
    RECORD_STANDING_REVOKED,
    RECORD_STANDING_SUPERSEDED,
    RECORD_STANDING_SUSPENDED,
    RECORD_STANDING_VALID,
    RECORD_STANDING_WITHDRAWN,
    CaseStanding,
    GrantStanding,
    RecordStanding,
)

CASES: Final = {
    (CASE_STANDING_OPENED, CASE_EVENT_ACCEPT): CASE_STANDING_ACCEPTED,
    (CASE_STANDING_OPENED, CASE_EVENT_WITHDRAW): CASE_STANDING_WITHDRAWN,
    (CASE_STANDING_ACCEPTED, CASE_EVENT_WITHDRAW): CASE_STANDING_WITHDRAWN,
    (CASE_STANDING_ACCEPTED, CASE_EVENT_GRANT): CASE_STANDING_GRANTED,
    (CASE_STANDING_ACCEPTED, CASE_EVENT_REFUSE): CASE_STANDING_REFUSED,
    (CASE_STANDING_GRANTED, CASE_EVENT_CLOSE): CASE_STANDING_CLOSED,
    (CASE_STANDING_REFUSED, CASE_EVENT_CLOSE): CASE_STANDING_CLOSED,
}

OPEN_CASES: Final = frozenset({CASE_STANDING_OPENED, CASE_STANDING_ACCEPTED})
"""States in which a case collects, plans and uses."""

LICENCES: Final = {
    (RECORD_STANDING_VALID, LICENCE_EVENT_SUSPEND): RECORD_STANDING_SUSPENDED,
    (RECORD_STANDING_SUSPENDED, LICENCE_EVENT_RESUME): RECORD_STANDING_VALID,
    (RECORD_STANDING_VALID, LICENCE_EVENT_REVOKE): RECORD_STANDING_REVOKED,
    (RECORD_STANDING_SUSPENDED, LICENCE_EVENT_REVOKE): RECORD_STANDING_REVOKED,
    (RECORD_STANDING_VALID, LICENCE_EVENT_CANCEL): RECORD_STANDING_CANCELLED,
    (RECORD_STANDING_SUSPENDED, LICENCE_EVENT_CANCEL): RECORD_STANDING_CANCELLED,
}

SUPERSEDABLE: Final = frozenset({RECORD_STANDING_VALID, RECORD_STANDING_SUSPENDED})
"""States from which a successor may take a licence's place."""

MATERIALS: Final = {
    (RECORD_STANDING_PENDING, MATERIAL_EVENT_ACCEPT): RECORD_STANDING_VALID,
    (RECORD_STANDING_PENDING, MATERIAL_EVENT_REJECT): RECORD_STANDING_REJECTED,
    (RECORD_STANDING_PENDING, MATERIAL_EVENT_WITHDRAW): RECORD_STANDING_WITHDRAWN,
    (RECORD_STANDING_VALID, MATERIAL_EVENT_WITHDRAW): RECORD_STANDING_WITHDRAWN,
}

GRANTS: Final = {
    (GRANT_STANDING_VALID, GRANT_EVENT_SUSPEND): GRANT_STANDING_SUSPENDED,
    (GRANT_STANDING_SUSPENDED, GRANT_EVENT_RESUME): GRANT_STANDING_VALID,
    (GRANT_STANDING_VALID, GRANT_EVENT_REVOKE): GRANT_STANDING_REVOKED,
    (GRANT_STANDING_SUSPENDED, GRANT_EVENT_REVOKE): GRANT_STANDING_REVOKED,
}

RECORD_STATUS: Final[dict[int, tuple[Status, Status]]] = {  # standing → (undisputed, disputed)
    RECORD_STANDING_PENDING: (Status.PENDING, Status.PENDING),
    RECORD_STANDING_VALID: (Status.VALID, Status.DISPUTED),
    RECORD_STANDING_SUSPENDED: (Status.SUSPENDED, Status.SUSPENDED_DISPUTED),
    RECORD_STANDING_REVOKED: (Status.INVALID, Status.INVALID),
    RECORD_STANDING_CANCELLED: (Status.INVALID, Status.INVALID),
    RECORD_STANDING_REJECTED: (Status.INVALID, Status.INVALID),
    RECORD_STANDING_WITHDRAWN: (Status.INVALID, Status.INVALID),
    RECORD_STANDING_SUPERSEDED: (Status.SUPERSEDED, Status.SUPERSEDED),
}

GRANT_STATUS: Final[dict[int, Status]] = {
    GRANT_STANDING_VALID: Status.VALID,
    GRANT_STANDING_SUSPENDED: Status.SUSPENDED,
    GRANT_STANDING_REVOKED: Status.INVALID,
}


def compute_next(table: Mapping[tuple[int, int], int], standing: int, event: int) -> int:
    """The state after `event`; raises Refused(WRONG_STATE) where the table has no such pair."""
    after = table.get((standing, event))
    if after is None:
        raise Refused(Code.WRONG_STATE, state=_name(table, standing))
    return after


def compute_record_status(standing: int, open_disputes: int) -> Status:
    """The nibble of a licence or material (SPEC 4.4): a dispute shows only beside VALID and SUSPENDED."""
    return RECORD_STATUS[standing][1 if open_disputes else 0]


def _name(table: Mapping[tuple[int, int], int], standing: int) -> str:
    names = CaseStanding if table is CASES else GrantStanding if table is GRANTS else RecordStanding
    return names.Name(standing)  # type: ignore[arg-type]
