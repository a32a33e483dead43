"""Candidates: the records that could stand in for a row of a case's material list (SPEC 7.4.2).

A licence serves when its type has a legal basis and replaces paper. A material serves when a case accepted
it and its reuse key matches: same subject, same project, or same premises. Whatever makes a candidate
unusable stays visible as a warning, so that the window can say why.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from zhenglian_ledger import rows
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.state import Found
from zhenglian_ledger.step import Step
from zhenglian_proto.v1 import cases_pb2, members_pb2, node_pb2, registries_pb2, state_pb2, types_pb2
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE, KIND_MATERIAL

_OUTSIDE = frozenset({members_pb2.TIER_SOCIAL, members_pb2.TIER_EXTERNAL})


@dataclass(frozen=True, slots=True)
class Case:
    """The case a plan is for, and the list version fixed when it was opened."""

    unit: str
    opened: cases_pb2.OpenCase
    index: int
    matter: registries_pb2.Matter
    matter_index: int


@dataclass(slots=True)
class Candidate:
    """A record that matches a row: whether it may be used, and what the window should know."""

    kind: types_pb2.Kind
    index: int
    identifier: bytes
    type: str
    holders: tuple[bytes, ...]
    holder_rule: int
    valid: types_pb2.Interval
    path: node_pb2.Path
    project: bytes = b""
    is_usable: bool = True
    is_recognised: bool = True
    warnings: list[node_pb2.Warning] = field(default_factory=list)

    def warn(self, warning: node_pb2.Warning, *, forbids: bool = False) -> None:
        """The candidate carries `warning`; it is not usable where that `forbids`."""
        self.warnings.append(warning)
        self.is_usable = self.is_usable and not forbids


def get_candidates(step: Step, case: Case, row: registries_pb2.MaterialRow) -> list[Candidate]:
    """Every record that matches `row`, best first: usable, without warnings, longest valid, newest."""
    found = [*_iterate_licences(step, case, row), *_iterate_materials(step, case, row)]
    return sorted(found, key=_rank)


def is_recognised(step: Step, unit_id: str, type_id: str) -> bool:
    """Whether what `unit_id` issues counts here: government of the city, or named by a list in force."""
    unit = step.state.get_object(types_pb2.KIND_UNIT, unit_id.encode())
    member = unit and step.state.get_object(types_pb2.KIND_MEMBER, unit.operation.put_unit.member.encode())
    if member is None or member.operation.put_member.tier not in _OUTSIDE:
        return True
    for _, value in step.state.scan(rows.ID + bytes([types_pb2.KIND_RECOGNITION_LIST])):
        index = int.from_bytes(value, "big")
        listed = step.state.get_operation(REGISTRY, index).put_recognition_list
        if (
            unit_id in listed.issuing_units
            and type_id in listed.types
            and step.is_time_within(listed.valid)
            and step.state.is_in_force(types_pb2.KIND_RECOGNITION_LIST, index)
        ):
            return True
    return False


def iterate_used_records(step: Step, case: Case) -> Iterator[bytes]:
    """Records that were shown to the case, released to it, or opened and may still be released."""
    for key, _ in step.state.scan(rows.USE + rows.case_id(case.unit, case.opened.number) + b"\x00"):
        index = int.from_bytes(key[-8:], "big")
        operation = step.state.get_operation(rows.ACCESS, index)
        state = step.state.get_state(types_pb2.KIND_USE, index, state_pb2.UseState)
        is_open = step.time_ms < state.opened_ms + step.parameters.release_window_ms
        is_awaited = state.standing == state_pb2.USE_STANDING_OPENED and is_open
        if is_awaited or state.standing == state_pb2.USE_STANDING_RELEASED:
            yield operation.open_use.record
        elif state.standing == state_pb2.USE_STANDING_DONE and operation.HasField("present"):
            yield operation.present.record


def _rank(candidate: Candidate) -> tuple[bool, int, int, int]:
    ends = candidate.valid.to_ms or 2**64
    return (not candidate.is_usable, len(candidate.warnings), -ends, -candidate.index)


def _iterate_holdings(step: Step, subject: bytes, kind: types_pb2.Kind) -> Iterator[Found]:
    for key, _ in step.state.scan(rows.HOLDING + subject + bytes([kind])):
        index = int.from_bytes(key[-8:], "big")
        yield Found(index, step.state.get_operation(REGISTRY, index))


def _iterate_licences(step: Step, case: Case, row: registries_pb2.MaterialRow) -> Iterator[Candidate]:
    if not row.licence_types:
        return
    for found in _iterate_holdings(step, case.opened.applicant, KIND_LICENCE):
        licence = found.operation.issue_licence
        if licence.type not in row.licence_types:
            continue
        kind = step.state.get_in_force(types_pb2.KIND_LICENCE_TYPE, licence.type)
        if kind is None or not kind.operation.put_licence_type.basis:
            continue
        licence_type = kind.operation.put_licence_type
        if not licence_type.replaces_paper:
            continue
        candidate = Candidate(
            kind=KIND_LICENCE,
            index=found.index,
            identifier=licence.id,
            type=licence.type,
            holders=tuple(licence.holders),
            holder_rule=licence.holder_rule,
            valid=licence.valid,
            path=node_pb2.PATH_LICENCE,
            is_recognised=is_recognised(step, licence.issuing_unit, licence.type),
        )
        _judge(step, case, candidate, licence_type.on_dispute, licence_type.on_suspension)
        yield candidate


def _iterate_materials(step: Step, case: Case, row: registries_pb2.MaterialRow) -> Iterator[Candidate]:
    for type_id in row.material_types:
        kind = step.state.get_in_force(types_pb2.KIND_MATERIAL_TYPE, type_id)
        if kind is None:
            continue
        material_type = kind.operation.put_material_type
        for found in _iterate_by_reuse_key(step, case, material_type.reuse_key):
            material = found.operation.collect_material
            if material.type != type_id:
                continue
            is_project = material_type.reuse_key == registries_pb2.REUSE_KEY_PROJECT
            candidate = Candidate(
                kind=KIND_MATERIAL,
                index=found.index,
                identifier=material.id,
                type=type_id,
                holders=tuple(material.holders),
                holder_rule=material.holder_rule,
                valid=material.valid,
                path=node_pb2.PATH_PROJECT_MATERIAL if is_project else node_pb2.PATH_SUBJECT_MATERIAL,
                project=material.project if is_project else b"",
                is_recognised=not material.originating_unit
                or is_recognised(step, material.originating_unit, type_id),
            )
            _judge(step, case, candidate, material_type.on_dispute, registries_pb2.EFFECT_FORBID)
            _judge_age(step, candidate, material_type.max_age_ms)
            yield candidate


def _iterate_by_reuse_key(step: Step, case: Case, reuse_key: int) -> Iterator[Found]:
    opened = case.opened
    if reuse_key == registries_pb2.REUSE_KEY_SUBJECT:
        yield from _iterate_holdings(step, opened.applicant, KIND_MATERIAL)
    elif reuse_key == registries_pb2.REUSE_KEY_PROJECT and opened.project:
        for key, _ in step.state.scan(rows.PROJECT + opened.project):
            index = int.from_bytes(key[-8:], "big")
            yield Found(index, step.state.get_operation(REGISTRY, index))
    elif reuse_key == registries_pb2.REUSE_KEY_PREMISES and opened.premises:
        for found in _iterate_holdings(step, opened.applicant, KIND_MATERIAL):
            if found.operation.collect_material.premises == opened.premises:
                yield found


def _judge(step: Step, case: Case, candidate: Candidate, on_dispute: int, on_suspension: int) -> None:
    state = step.state.get_state(candidate.kind, candidate.index, state_pb2.RecordState)
    if state.standing == state_pb2.RECORD_STANDING_SUSPENDED:
        candidate.warn(node_pb2.WARNING_SUSPENDED, forbids=on_suspension == registries_pb2.EFFECT_FORBID)
    elif state.standing != state_pb2.RECORD_STANDING_VALID:
        candidate.is_usable = False
    if state.open_disputes:
        candidate.warn(node_pb2.WARNING_DISPUTED, forbids=on_dispute == registries_pb2.EFFECT_FORBID)
    if not step.is_time_within(candidate.valid):
        candidate.is_usable = False
    elif candidate.valid.to_ms and candidate.valid.to_ms < case.opened.promised_ms:
        candidate.warn(node_pb2.WARNING_EXPIRES_EARLY)
    candidate.is_usable = candidate.is_usable and candidate.is_recognised


def _judge_age(step: Step, candidate: Candidate, max_age_ms: int) -> None:
    decided = step.state.get_state(candidate.kind, candidate.index, state_pb2.RecordState).decided_ms
    if max_age_ms and decided and step.time_ms > decided + max_age_ms:
        candidate.warn(node_pb2.WARNING_TOO_OLD, forbids=True)
