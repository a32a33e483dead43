"""Narrowing against the obvious reading of a grant's terms: a child permits nothing its parent forbids.

One thing is left to the use: a child may name a record under a parent that grants types. Every link of a
chain is asked at each use, so the chain still forbids a record of another type; the first property says so.
"""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.testkit.reference_scope import ReferenceUse, permits, permits_circumstances, permits_record
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.narrowing import verify_narrowing
from zhenglian_ledger.rules.scope import Facts, verify_within_scope
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_SUBJECT, Frequency, GrantBody, Retention, Scope
from zhenglian_proto.v1.types_pb2 import CaseRef, Channel, Interval, Purpose

RECORDS = [bytes([number]) * 32 for number in range(1, 4)]
PROJECTS = [b"", b"\x11" * 32, b"\x12" * 32]
TYPES = ["T.1", "T.2"]
NAMES = ["a", "b"]
FIELDS = ["X", "Y", "Z"]
REGIONS = ["310000", "310100", "310101", "310101005", "310101005001", "310115", "320000"]
CASES = [CaseRef(unit=unit, number=number) for unit in ("u", "v") for number in ("1", "2")]
SYSTEMS = ["s-1", "s-2"]

LISTS: dict[str, tuple[list[Any], int]] = {
    "records": (RECORDS, 0),
    "types": (TYPES, 0),
    "fields": (FIELDS, 0),
    "purposes": ([1, 2, 3], 1),
    "matters": (NAMES, 0),
    "scenes": (NAMES, 0),
    "regions": (REGIONS, 0),
    "channels": ([1, 2], 0),
}
FREQUENCIES = st.builds(Frequency, count=st.integers(1, 5), window_ms=st.integers(1, 5))
INTERVALS = st.tuples(st.integers(0, 5), st.integers(0, 6)).map(
    lambda pair: Interval(from_ms=pair[0], to_ms=pair[0] + pair[1] if pair[1] else 0)
)


def subsets(pool: list[Any], least: int = 0) -> st.SearchStrategy[list[Any]]:
    """Sublists in order, drawn as one mask because many are drawn."""
    masks = st.integers(1 if least else 0, 2 ** len(pool) - 1)
    return masks.map(lambda mask: [value for bit, value in enumerate(pool) if mask >> bit & 1])


SUBSETS = {name: subsets(*pool) for name, pool in LISTS.items()}


@st.composite
def bodies(draw: st.DrawFn) -> GrantBody:
    """Any terms over a small world."""
    lists: dict[str, Any] = {name: draw(values) for name, values in SUBSETS.items()}
    scope = Scope(**lists)
    scope.whole_document = draw(st.booleans())
    scope.uses = draw(st.integers(1, 4))
    scope.retention = draw(st.sampled_from(Retention.values()[1:]))  # type: ignore[assignment]
    scope.retention_ms = draw(st.integers(0, 2))
    scope.depth = draw(st.integers(2, 8))
    scope.project = draw(st.sampled_from(PROJECTS))
    for field, values in (("case", st.sampled_from(CASES)), ("frequency", FREQUENCIES)):
        value = draw(st.none() | values)
        if value is not None:
            getattr(scope, field).CopyFrom(value)
    system = draw(st.sampled_from(["", *SYSTEMS]))
    return GrantBody(kind=GRANT_KIND_SUBJECT, grantee_system=system, valid=draw(INTERVALS), scope=scope)


SINGLE = ["whole_document", "uses", "retention", "retention_ms", "project", "case", "frequency"]


@st.composite
def children(draw: st.DrawFn, parent: GrantBody) -> GrantBody:
    """The parent's terms with a few fields fewer, or like another grant's: about half are accepted."""
    child = GrantBody()
    child.CopyFrom(parent)
    child.scope.depth = parent.scope.depth - 1
    for name in draw(st.lists(st.sampled_from(sorted(LISTS)), max_size=3, unique=True)):
        values = list(getattr(parent.scope, name))
        fewer = subsets(values, 1) if values else SUBSETS[name]
        child.scope.ClearField(name)
        getattr(child.scope, name).extend(draw(fewer if draw(st.integers(0, 3)) else SUBSETS[name]))
    if draw(st.booleans()):
        other = draw(OTHERS)
        name = draw(st.sampled_from(SINGLE))
        child.scope.ClearField(name)
        child.scope.MergeFrom(_only(other.scope, name))
        child.valid.to_ms = other.valid.to_ms or parent.valid.to_ms
        child.grantee_system = parent.grantee_system or other.grantee_system
    return child


OTHERS = bodies()


def _only(scope: Scope, name: str) -> Scope:
    """A scope that has but one field of `scope`."""
    kept = Scope()
    kept.CopyFrom(scope)
    for field in Scope.DESCRIPTOR.fields:
        if field.name != name:
            kept.ClearField(field.name)
    return kept


USES = st.builds(
    ReferenceUse,
    record=st.sampled_from(RECORDS),
    type=st.sampled_from(TYPES),
    project=st.sampled_from(PROJECTS),
    purpose=st.sampled_from(Purpose.values()[1:]),
    matter=st.sampled_from(["", *NAMES]),
    scene=st.sampled_from(["", *NAMES]),
    unit=st.sampled_from(["u", "v"]),
    case_number=st.sampled_from(["", "1", "2"]),
    region=st.sampled_from(REGIONS),
    channel=st.sampled_from(Channel.values()[:3]),
    fields=subsets(FIELDS).map(tuple),
    whole_document=st.booleans(),
    system=st.sampled_from(SYSTEMS),
    time_ms=st.integers(0, 12),
)


@st.composite
def fitting_uses(draw: st.DrawFn, body: GrantBody) -> ReferenceUse:
    """A use that the terms permit, or nearly: each fact is one that the body names, where it names any."""
    use, scope = draw(USES), body.scope

    def among(values: list[Any], otherwise: Any) -> Any:
        return draw(st.sampled_from(values)) if values else otherwise

    return use._replace(
        record=among(list(scope.records), use.record),
        type=among(list(scope.types), use.type),
        project=scope.project or use.project,
        purpose=among(list(scope.purposes), use.purpose),
        matter=among(list(scope.matters), use.matter),
        scene=among(list(scope.scenes), use.scene),
        unit=scope.case.unit or use.unit,
        case_number=scope.case.number or use.case_number,
        region=among(list(scope.regions), use.region),
        channel=among(list(scope.channels), use.channel),
        fields=tuple(among([list(scope.fields)], [])) if not scope.whole_document else use.fields,
        whole_document=use.whole_document and scope.whole_document,
        system=body.grantee_system or use.system,
        time_ms=body.valid.from_ms + draw(st.integers(0, 1)),
    )


def is_accepted(parent: GrantBody, child: GrantBody) -> bool:
    try:
        verify_narrowing(parent, child)
    except Refused:
        return False
    return True


@given(st.data())
def test_an_accepted_child_permits_nothing_its_parent_forbids(data: st.DataObject) -> None:
    parent = data.draw(bodies())
    child = data.draw(children(parent))
    assume(is_accepted(parent, child))
    use = data.draw(fitting_uses(child))
    if permits(child, use):
        assert permits_circumstances(parent, use)
        assert permits_record(parent, use) or (parent.scope.types and use.record in child.scope.records)


@given(st.data())
def test_an_accepted_child_is_no_more_than_its_parent_in_what_is_counted(data: st.DataObject) -> None:
    parent = data.draw(bodies())
    child = data.draw(children(parent))
    assume(is_accepted(parent, child))
    assert child.scope.uses <= parent.scope.uses
    assert child.scope.depth < parent.scope.depth
    if parent.scope.HasField("frequency"):
        fast, slow = parent.scope.frequency, child.scope.frequency
        windows = fast.window_ms * slow.window_ms  # a span that holds whole windows of both
        assert windows // slow.window_ms * slow.count <= windows // fast.window_ms * fast.count


@given(bodies(), st.integers(0, 9))
def test_a_grant_narrows_itself_at_one_hop_less(body: GrantBody, depth: int) -> None:
    child = GrantBody()
    child.CopyFrom(body)
    child.scope.depth = depth
    assert is_accepted(body, child) == (depth < body.scope.depth)


@given(st.data())
def test_narrowing_is_transitive(data: st.DataObject) -> None:
    grandparent = data.draw(bodies())
    parent = data.draw(children(grandparent))
    assume(is_accepted(grandparent, parent))
    child = data.draw(children(parent))
    assume(is_accepted(parent, child))
    assert is_accepted(grandparent, child)


@given(st.data())
def test_the_rule_of_a_scope_agrees_with_the_obvious_reading(data: st.DataObject) -> None:
    body = data.draw(bodies())
    body.grantee_system = ""
    body.valid.CopyFrom(Interval())
    use = data.draw(fitting_uses(body) | USES)
    facts = Facts(
        record=use.record,
        type=use.type,
        project=use.project,
        purpose=use.purpose,
        matter=use.matter,
        scene=use.scene,
        unit=use.unit,
        case_number=use.case_number,
        region=use.region,
        channel=use.channel,
        fields=frozenset(use.fields),
        whole_document=use.whole_document,
    )
    try:
        verify_within_scope(body.scope, facts)
    except Refused:
        assert not permits(body, use)
    else:
        assert permits(body, use)
