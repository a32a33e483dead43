"""What is granted, used or read and must not be.

Each function tries one thing in earnest; what it raises is the refusal.
"""

import asyncio
import secrets
from typing import Final

from story import catalogue, world
from story.acts import second_restaurant
from story.people import AGENT, EMPLOYEE, RESTAURANT, SECOND_SHOP
from story.stage import Stage
from story.steps import confirm, give, open_case
from zhenglian import build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.attesting import ask_holder, attest_at_counter

# grants


def _build_child(stage: Stage, *, types: list[str], uses: int) -> GrantBody:
    """What the agent would pass on to the unit."""
    return build.grant_body(
        chain_id=stage.desks[world.PUTUO_ONLINE].client.chain_id, grantor=stage.ids[AGENT],
        grantee=world.PUTUO_HALL, parent=stage.grants[second_restaurant.TO_AGENT],
        valid=build.interval(stage.get_day(0), stage.get_day(10)),
        scope=build.scope(
            types=types, whole_document=True, matters=[catalogue.OPEN_PUTUO], regions=["310107"], uses=uses
        ),
    )  # fmt: skip


async def widen(stage: Stage) -> None:
    """The agent passes on what the agent never got."""
    online = await stage.get_desk(world.PUTUO_ONLINE)
    body = _build_child(stage, types=[catalogue.FOOD_SAFETY, catalogue.BUSINESS], uses=1)
    await give(online, body, AGENT)


async def attest_for_oneself(stage: Stage) -> None:
    """The unit that gains by the grant attests it itself."""
    counter, online = await stage.get_desk(world.PUTUO_COUNTER), await stage.get_desk(world.PUTUO_ONLINE)
    body = _build_child(stage, types=[catalogue.FOOD_SAFETY], uses=1)
    attestation = attest_at_counter(
        compute_grant_id(body), stage.ids[AGENT], counter.client.session.signer, system=counter.system,
        clerk=await counter.compute_clerk(), window="W-1", written_grant=secrets.token_bytes(32),
    )  # fmt: skip
    await online.give_grant(body, attestation)


async def ask_without_confirmation(stage: Stage) -> None:
    """A grant is to be given before the holder has confirmed it."""
    gateway = (await stage.get_desk(world.PUTUO_ONLINE)).client.gateway
    asked = await ask_holder(gateway, EMPLOYEE.to_message(), secrets.token_bytes(32), "本人没有确认")
    await asked.attest()


# uses


async def _open(
    stage: Stage, grant: str, record: str, *, matter: str = catalogue.OPEN_PUTUO, purpose: str = "SERVICE"
) -> None:
    """In its own case of `matter`, the hall's counter opens a use that is right but for what is given."""
    particulars = build.particulars(
        purpose=purpose, matter=matter, case_number=stage.get_number(matter), whole_document=True
    )
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    await counter.open_use(stage.records[record], [stage.grants[grant]], particulars)


ARTICLES: Final = f"articles of association {catalogue.OPEN_XUHUI}"
NARROW, PAST = "two fields at a window", "two fields last month"
FOOD_SAFETY: Final = f"food safety rules of the company {catalogue.OPEN_XUHUI}"


async def exceed_purpose(stage: Stage) -> None:
    """A grant for services is used for enforcement."""
    await _open(stage, second_restaurant.DIRECT, ARTICLES, purpose="ENFORCEMENT")


async def exceed_matter(stage: Stage) -> None:
    """A grant for opening is used for a change, in a case of that change."""
    await _open(stage, second_restaurant.DIRECT, ARTICLES, matter=catalogue.CHANGE_PUTUO)


async def exceed_records(stage: Stage) -> None:
    """A type that was not granted is used."""
    await _open(stage, second_restaurant.DIRECT, FOOD_SAFETY)


async def prepare(stage: Stage) -> None:
    """What the trials go beyond: two narrow grants, and a case of another matter."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    await asyncio.gather(
        open_case(stage, counter, catalogue.CHANGE_PUTUO, RESTAURANT, premises=SECOND_SHOP),
        _grant_narrowly(stage, NARROW, 0, 30),
        _grant_narrowly(stage, PAST, -30, -1),
    )


async def _grant_narrowly(stage: Stage, name: str, first: int, last: int) -> None:
    """The legal person grants two fields of the business licence, at a window, from day to day."""
    online = await stage.get_desk(world.PUTUO_ONLINE)
    body = build.grant_body(
        chain_id=online.client.chain_id, grantor=stage.ids[RESTAURANT], grantee=world.PUTUO_HALL,
        valid=build.interval(stage.get_day(first), stage.get_day(last)),
        scope=build.scope(
            types=[catalogue.BUSINESS], fields=["ZZMC", "CZZT"], matters=[catalogue.OPEN_PUTUO],
            channels=["WINDOW"], uses=6,
        ),
    )  # fmt: skip
    stage.grants[name] = await give(online, body, RESTAURANT)


async def _open_fields(stage: Stage, system: str, grant: str, *fields: str) -> None:
    particulars = build.particulars(
        matter=catalogue.OPEN_PUTUO, case_number=stage.get_number(catalogue.OPEN_PUTUO), fields=fields
    )
    desk = await stage.get_desk(system)
    await desk.open_use(stage.records["business licence"], [stage.grants[grant]], particulars)


async def exceed_fields(stage: Stage) -> None:
    """One field more is asked for than was granted."""
    await _open_fields(stage, world.PUTUO_COUNTER, NARROW, "ZZMC", "KZ_JYFW")


async def exceed_channel(stage: Stage) -> None:
    """What was granted for a window is used online, by the same unit."""
    await _open_fields(stage, world.PUTUO_ONLINE, NARROW, "ZZMC")


async def exceed_time(stage: Stage) -> None:
    """The grant was for last month."""
    await _open_fields(stage, world.PUTUO_COUNTER, PAST, "ZZMC")


async def exceed_count(stage: Stage) -> None:
    """The agent's grant was for one use in the case, and it was made."""
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY)


async def use_after_revocation(stage: Stage) -> None:
    """The legal person takes back what the employee got; the agent's own grant was never touched."""
    online = await stage.get_desk(world.PUTUO_ONLINE)

    await online.client.revoke_grant(
        stage.grants[second_restaurant.TO_EMPLOYEE],
        lambda target: confirm(online, RESTAURANT, target, "撤销对员工的授权"),
    )
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY)


async def rely_on_nothing(stage: Stage) -> None:
    """A decision is based on a record that was never used in the case."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    number = stage.get_number(catalogue.OPEN_PUTUO)
    particulars = build.particulars(matter=catalogue.OPEN_PUTUO, case_number=number)
    await counter.client.rely(stage.records["food business permit"], secrets.token_bytes(32), particulars)


def _get_putuos_use(stage: Stage) -> bytes:
    """Putuo opened it last, after Xuhui's kiosk had used the same record."""
    return [use for use, made in stage.uses.items() if made.record == stage.records[FOOD_SAFETY]][-1]


async def fetch_for_another(stage: Stage) -> None:
    """A use of Putuo's is named to the vault by another unit."""
    use = _get_putuos_use(stage)
    housing = await stage.get_desk(world.HOUSING_OFFICE)
    vault = await housing.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(use, housing.folder / "received" / "stolen.pdf")


async def fetch_again(stage: Stage) -> None:
    """The unit that opened the use, and has the file, asks its vault for it once more."""
    use = _get_putuos_use(stage)
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    vault = await counter.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(use, counter.folder / "received" / "again.pdf")


async def fetch_without_use(stage: Stage) -> None:
    """The vault is asked under a use that nobody opened."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    vault = await counter.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(secrets.token_bytes(32), counter.folder / "received" / "nothing.pdf")


# reading


async def plan_closed_case(stage: Stage) -> None:
    """The plan of a case that has been closed."""
    counter = await stage.get_desk(world.XUHUI_COUNTER)
    await counter.client.plan(stage.get_number(catalogue.OPEN_XUHUI))


async def trace_as_window(stage: Stage) -> None:
    """A window is curious about a company."""
    counter = await stage.get_desk(world.XUHUI_COUNTER)
    await counter.client.trace_subject(stage.ids[RESTAURANT], "好奇")
