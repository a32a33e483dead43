"""Counters over a tree of grants, against a model that keeps none: it counts accepted uses anew each time.

Uses are opened for real: signed, applied in blocks, one after the other or together in a batch.
"""

from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testkit.grant_objects import (
    bind_key,
    build_grant,
    build_scope,
    by_holder,
    change,
    get_grant_state,
    give,
    open_use,
    to_subject,
    to_unit,
)
from tests.testkit.ledger_kit import SECOND_MS, Sandbox
from tests.testkit.ledger_objects import (
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET_OFFICE,
    issue_licence,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_proto.v1.grants_pb2 import GRANT_EVENT_REVOKE, Frequency, GrantBody
from zhenglian_proto.v1.types_pb2 import Interval

WINDOW_MS = 10 * SECOND_MS
DEPTH = 4


def build_base() -> Sandbox:
    """Li Lei holds a licence; he and Han Meimei have keys."""
    sandbox = Sandbox()
    sandbox.accept(MARKET_OFFICE, issue_licence())
    sandbox.accept(HUANGPU_COUNTER, bind_key(sandbox), bind_key(sandbox, "Han Meimei", HAN_MEIMEI))
    return sandbox


BASE = build_base()


@dataclass
class Planned:
    """A grant of the tree to be: its parent's position, whether it is a leaf that can be used, its limits."""

    parent: int | None
    usable: bool
    uses: int
    per_window: int | None


@st.composite
def trees(draw: st.DrawFn) -> list[Planned]:
    """A root and up to nine grants below it, each to Han Meimei (who gives on) or to Huangpu (which uses)."""
    rate = draw(st.none() | st.integers(1, 4))
    planned = [Planned(None, usable=False, uses=draw(st.integers(1, 6)), per_window=rate)]
    depths = [0]
    for _ in range(draw(st.integers(1, 9))):
        parent = draw(st.sampled_from([at for at, grant in enumerate(planned) if not grant.usable]))
        above = planned[parent]
        usable = depths[parent] + 1 == DEPTH or draw(st.booleans())
        highest = 4 if above.per_window is None else above.per_window
        rate = draw(st.integers(1, highest)) if above.per_window or draw(st.booleans()) else None
        planned.append(Planned(parent, usable, draw(st.integers(1, above.uses)), rate))
        depths.append(depths[parent] + 1)
    return planned


@dataclass
class Model:
    """The naive reference: the tree, and every accepted use as (grant, time)."""

    planned: list[Planned]
    start_ms: int
    accepted: list[tuple[int, int]] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)

    def get_line(self, grant: int) -> list[int]:
        """The grant and its ancestors."""
        line = [grant]
        while (parent := self.planned[line[-1]].parent) is not None:
            line.append(parent)
        return line

    def count(self, grant: int, since_ms: int = 0) -> int:
        """Accepted uses in the grant's subtree, from `since_ms` on."""
        return sum(1 for used, at in self.accepted if grant in self.get_line(used) and at >= since_ms)

    def use(self, grant: int, now_ms: int) -> bool:
        """Whether the use is accepted; it is remembered if so."""
        since = now_ms - (now_ms - self.start_ms) % WINDOW_MS
        for link in self.get_line(grant):
            plan = self.planned[link]
            if link in self.revoked or self.count(link) >= plan.uses:
                return False
            if plan.per_window is not None and self.count(link, since) >= plan.per_window:
                return False
        self.accepted.append((grant, now_ms))
        return True


def build_tree(planned: list[Planned], start_ms: int) -> list[GrantBody]:
    """The grants of the plan, parents first."""
    built: list[GrantBody] = []
    for number, plan in enumerate(planned):
        parent = None if plan.parent is None else built[plan.parent]
        scope = build_scope(uses=plan.uses, depth=DEPTH if parent is None else parent.scope.depth - 1)
        if plan.per_window is not None:
            scope.frequency.CopyFrom(Frequency(count=plan.per_window, window_ms=WINDOW_MS))
        grant = build_grant(
            f"grant {number}",
            grantor=to_subject(LI_LEI if parent is None else HAN_MEIMEI),
            grantee=to_unit(HUANGPU) if plan.usable else to_subject(HAN_MEIMEI),
            valid=Interval(from_ms=start_ms),
            scope=scope,
        )
        if parent is not None:
            grant.parent = compute_grant_id(parent)
        built.append(grant)
    return built


def give_tree(sandbox: Sandbox, grants: list[GrantBody]) -> None:
    """Every grant is given by its grantor's own key."""
    signers = {LI_LEI: "Li Lei", HAN_MEIMEI: "Han Meimei"}
    given = [give(sandbox, grant, by_holder, signer=signers[grant.grantor.subject]) for grant in grants]
    sandbox.accept(HUANGPU_COUNTER, *given)


@settings(max_examples=40)
@given(st.data())
def test_every_grant_has_taken_exactly_the_accepted_uses_below_it(data: st.DataObject) -> None:
    sandbox = deepcopy(BASE)
    planned = data.draw(trees())
    model = Model(planned, sandbox.time_ms)
    grants = build_tree(planned, sandbox.time_ms)
    give_tree(sandbox, grants)
    usable = [at for at, plan in enumerate(planned) if plan.usable]
    numbers = iter(range(1_000))
    for _ in range(data.draw(st.integers(1, 10)) if usable else 0):
        if data.draw(st.integers(0, 9)) == 0:
            revoked = data.draw(st.sampled_from(range(len(grants))))
            if revoked not in model.revoked:
                signer = "Li Lei" if revoked == 0 else "Han Meimei"
                event = change(
                    sandbox, grants[revoked], GRANT_EVENT_REVOKE, attested=by_holder, signer=signer
                )
                sandbox.accept(HUANGPU_COUNTER, event)
                model.revoked.add(revoked)
        chosen = data.draw(st.lists(st.sampled_from(usable), min_size=1, max_size=4))
        expected = [model.use(grant, sandbox.time_ms) for grant in chosen]
        uses = [open_use(str(next(numbers)), grants[grant]) for grant in chosen]
        codes = sandbox.apply(HUANGPU_COUNTER, *uses)
        assert [code == Code.OK for code in codes] == expected
        sandbox.wait(data.draw(st.sampled_from([0, WINDOW_MS // 2, 3 * WINDOW_MS])))
    for at, grant in enumerate(grants):
        taken = get_grant_state(sandbox, grant).uses_taken
        assert taken == model.count(at)
        assert taken <= grant.scope.uses
