"""The vault's decision, condition by condition: each is broken alone and named by its code."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.testkit.grant_objects import build_grant, build_scope, open_use
from tests.testkit.ledger_objects import (
    HUANGPU,
    HUANGPU_COUNTER,
    MARKET,
    collect_material,
    issue_licence,
    put_licence_type,
    put_material_type,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.leaves import Entry
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.verify.grants import Liveness, VerifiedChain
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.signature import VerifiedSignature
from zhenglian_ledger.verify.use import VerifiedUse
from zhenglian_proto.v1 import registries_pb2, uses_pb2
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.grants_pb2 import GiveGrant, GrantBody
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import (
    KIND_GRANT,
    KIND_LICENCE,
    KIND_LICENCE_TYPE,
    KIND_MATERIAL,
    KIND_MATERIAL_TYPE,
    Interval,
    Kind,
)
from zhenglian_sdk.vault.release import Caller, SeenUse, Terms, verify_release

OPENED_MS = 1_800_000_000_000
NOW_MS = OPENED_MS + 60_000
TERMS = Terms(unit=MARKET, max_staleness_ms=30_000, release_window_ms=600_000)
CALLER = Caller(HUANGPU_COUNTER, HUANGPU)


@dataclass(frozen=True)
class Scene:
    """A release that passes every condition, until a test changes one thing about it."""

    operation: Operation
    record: VerifiedRecord
    type: VerifiedRecord
    chains: tuple[VerifiedChain, ...]
    opening: VerifiedSignature
    caller: Caller = CALLER
    terms: Terms = TERMS
    header_ms: int = NOW_MS - 5_000
    now_ms: int = NOW_MS

    def decide(self) -> ZhenglianError | None:
        """The refusal, or None if the file may leave."""
        use = VerifiedUse(0, build_entry(), self.operation, self.opening, self.record, self.type, self.chains)
        try:
            verify_release(
                SeenUse(use, self.header_ms), caller=self.caller, terms=self.terms, now_ms=self.now_ms
            )
        except ZhenglianError as error:
            return error
        return None


def build_entry() -> Entry:
    return Entry(0, 0, 1, OPENED_MS, bytes(32), 0, b"")


def build_record(kind: Kind, status: Status = Status.VALID, **operation: Any) -> VerifiedRecord:
    return VerifiedRecord(kind, 0, build_entry(), Operation(**operation), status, None)


def build_chain(*bodies: GrantBody, code: Code = Code.OK) -> VerifiedChain:
    links = tuple(build_record(KIND_GRANT, give_grant=GiveGrant(body=body)) for body in bodies)
    return VerifiedChain(links, Liveness(code))


def build_signature(unit: str = HUANGPU, *, is_key_compromised: bool = False) -> VerifiedSignature:
    return VerifiedSignature(
        BatchHeader(), f"{unit}-counter", unit, bytes(32), is_key_compromised=is_key_compromised
    )


def build_scene(**changes: Any) -> Scene:
    grant = build_grant()
    scene = Scene(
        operation=Operation(open_use=open_use("u", grant)),
        record=build_record(KIND_LICENCE, issue_licence=issue_licence()),
        type=build_record(KIND_LICENCE_TYPE, put_licence_type=put_licence_type()),
        chains=(build_chain(grant),),
        opening=build_signature(),
    )
    return replace(scene, **changes)


def licence(status: Status = Status.VALID, **changes: Any) -> VerifiedRecord:
    return build_record(KIND_LICENCE, status, issue_licence=issue_licence(**changes))


def licence_type(**effects: registries_pb2.Effect) -> VerifiedRecord:
    return build_record(KIND_LICENCE_TYPE, put_licence_type=put_licence_type(**effects))


def scoped(**changes: Any) -> GrantBody:
    return build_grant(scope=build_scope(**changes))


def dead(code: Code) -> dict[str, Any]:
    return {"chains": (build_chain(build_grant(), code=code),)}


FIELDS_ONLY: dict[str, Any] = {"whole_document": False, "fields": ["NAME"]}

REFUSALS: dict[str, tuple[dict[str, Any], Code]] = {
    "a presentation opens no release": (
        {"operation": Operation(present=uses_pb2.Present())},
        Code.VAULT_NO_USE,
    ),
    "reliance opens no release": ({"operation": Operation(rely=uses_pb2.Rely())}, Code.VAULT_NO_USE),
    "another unit opened it": ({"opening": build_signature("pudong")}, Code.VAULT_NOT_YOURS),
    "another unit asks": ({"caller": Caller("pudong-counter", "pudong")}, Code.VAULT_NOT_YOURS),
    "the grant is to another system of the unit": (
        {"chains": (build_chain(build_grant(grantee_system="huangpu-office")),)},
        Code.VAULT_NOT_YOURS,
    ),
    "the opener's key was ended as of before": (
        {"opening": build_signature(is_key_compromised=True)},
        Code.VAULT_NOT_YOURS,
    ),
    "another unit keeps the record": ({"record": licence(custodian="housing")}, Code.VAULT_NO_FILE),
    "the header is too old": ({"header_ms": NOW_MS - 30_001}, Code.VAULT_STALE),
    "the opening's time is over by the clock": (
        {"now_ms": OPENED_MS + 600_000, "header_ms": OPENED_MS + 590_000},
        Code.VAULT_WINDOW,
    ),
    "the opening's time is over by the ledger": (
        {"now_ms": OPENED_MS + 599_000, "header_ms": OPENED_MS + 600_000},
        Code.VAULT_WINDOW,
    ),
    "the grant was revoked": (dead(Code.GRANT_REVOKED), Code.VAULT_CHAIN_DEAD),
    "the grant is suspended": (dead(Code.GRANT_SUSPENDED), Code.VAULT_CHAIN_DEAD),
    "the grant has expired": (dead(Code.GRANT_EXPIRED), Code.VAULT_CHAIN_DEAD),
    "the second of two grants was revoked": (
        {"chains": (build_chain(build_grant()), build_chain(build_grant("b"), code=Code.GRANT_REVOKED))},
        Code.VAULT_CHAIN_DEAD,
    ),
    "no grant at all": ({"chains": ()}, Code.VAULT_CHAIN_DEAD),
    "fields were granted": (
        {"chains": (build_chain(scoped(**FIELDS_ONLY)),)},
        Code.WHOLE_DOCUMENT_NOT_GRANTED,
    ),
    "fields were granted further up": (
        {"chains": (build_chain(build_grant(), scoped(**FIELDS_ONLY)),)},
        Code.WHOLE_DOCUMENT_NOT_GRANTED,
    ),
    "fields were opened": (
        {"operation": Operation(open_use=open_use("u", build_grant(), **FIELDS_ONLY))},
        Code.WHOLE_DOCUMENT_NOT_GRANTED,
    ),
    "the record was revoked": ({"record": licence(Status.INVALID)}, Code.RECORD_NOT_USABLE),
    "the record was superseded": ({"record": licence(Status.SUPERSEDED)}, Code.RECORD_NOT_USABLE),
    "the record is suspended": ({"record": licence(Status.SUSPENDED)}, Code.RECORD_NOT_USABLE),
    "the record is suspended and disputed": (
        {"record": licence(Status.SUSPENDED_DISPUTED)},
        Code.RECORD_NOT_USABLE,
    ),
    "a dispute forbids its use": (
        {"record": licence(Status.DISPUTED), "type": licence_type(on_dispute=registries_pb2.EFFECT_FORBID)},
        Code.DISPUTED,
    ),
    "the record has expired": ({"record": licence(valid=Interval(from_ms=1, to_ms=NOW_MS))}, Code.EXPIRED),
    "the record is not yet valid": (
        {"record": licence(valid=Interval(from_ms=NOW_MS + 20_001))},
        Code.NOT_YET_VALID,
    ),
    "the material was never accepted": (
        {
            "record": build_record(
                KIND_MATERIAL, Status.PENDING, collect_material=collect_material(custodian=MARKET)
            ),
            "type": build_record(KIND_MATERIAL_TYPE, put_material_type=put_material_type()),
        },
        Code.RECORD_NOT_USABLE,
    ),
}

RELEASES: dict[str, dict[str, Any]] = {
    "everything holds": {},
    "the grant names this very system": {
        "chains": (build_chain(build_grant(grantee_system=HUANGPU_COUNTER)),)
    },
    "the header is as old as it may be": {"header_ms": NOW_MS - 30_000},
    "the last millisecond of the opening": {
        "now_ms": OPENED_MS + 599_999,
        "header_ms": OPENED_MS + 599_000,
    },
    "a dispute only warns": {"record": licence(Status.DISPUTED)},
    "a suspension only warns": {
        "record": licence(Status.SUSPENDED),
        "type": licence_type(on_suspension=registries_pb2.EFFECT_WARN),
    },
    "the record's last millisecond": {"record": licence(valid=Interval(from_ms=1, to_ms=NOW_MS + 1))},
    "a start within the tolerance": {"record": licence(valid=Interval(from_ms=NOW_MS + 20_000))},
}


@pytest.mark.parametrize("name", REFUSALS)
def test_nothing_leaves_when(name: str) -> None:
    changes, code = REFUSALS[name]
    refusal = build_scene(**changes).decide()
    assert refusal is not None
    assert refusal.code == code


@pytest.mark.parametrize("name", RELEASES)
def test_the_file_leaves_when(name: str) -> None:
    assert build_scene(**RELEASES[name]).decide() is None


def test_without_a_recorded_use_nothing_leaves() -> None:
    with pytest.raises(ZhenglianError) as caught:
        verify_release(None, caller=CALLER, terms=TERMS, now_ms=NOW_MS)
    assert caught.value.code == Code.VAULT_NO_USE


def test_the_reason_why_a_chain_is_dead_is_told() -> None:
    for code in (Code.GRANT_REVOKED, Code.GRANT_KEY_COMPROMISED, Code.RULE_NOT_IN_FORCE):
        refusal = build_scene(**dead(code)).decide()
        assert refusal is not None
        assert refusal.fields == {"reason": code.name}


def test_a_stranger_learns_no_more_than_that_it_is_not_theirs() -> None:
    """Whatever else is wrong, another unit hears only that."""
    stranger = Caller("pudong-counter", "pudong")
    for changes, code in REFUSALS.values():
        if code not in (Code.VAULT_NO_USE, Code.VAULT_NOT_YOURS):
            refusal = build_scene(**changes, caller=stranger).decide()
            assert refusal is not None
            assert refusal.code == Code.VAULT_NOT_YOURS
