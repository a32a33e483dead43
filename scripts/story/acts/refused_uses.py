"""What is granted, used or read and must not be.

Each function tries one thing in earnest; what it raises is the refusal.
"""

import secrets
from typing import Final

from story import catalogue, world
from story.acts import first_restaurant, second_restaurant
from story.people import AGENT, EMPLOYEE, RESTAURANT
from story.stage import Stage
from story.steps import confirm
from zhenglian import build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_sdk.attesting import ask_holder, attest_at_counter
from zhenglian_sdk.plan import describe_grant

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
    attestation = await confirm(online, AGENT, compute_grant_id(body), describe_grant(body))
    await online.client.give_grant(body, attestation)


async def attest_for_oneself(stage: Stage) -> None:
    """The unit that gains by the grant attests it itself."""
    counter, online = await stage.get_desk(world.PUTUO_COUNTER), await stage.get_desk(world.PUTUO_ONLINE)
    body = _build_child(stage, types=[catalogue.FOOD_SAFETY], uses=1)
    attestation = attest_at_counter(
        compute_grant_id(body), stage.ids[AGENT], counter.client.session.signer, system=counter.system,
        clerk=await counter.compute_clerk(), window="W-1", written_grant=secrets.token_bytes(32),
    )  # fmt: skip
    await online.client.give_grant(body, attestation)


async def ask_without_confirmation(stage: Stage) -> None:
    """A grant is to be given before the holder has confirmed it."""
    gateway = (await stage.get_desk(world.PUTUO_ONLINE)).client.gateway
    asked = await ask_holder(gateway, EMPLOYEE.to_message(), secrets.token_bytes(32), "本人没有确认")
    await asked.attest()


# uses


async def _open(stage: Stage, grant: str, record: str, **particulars: object) -> None:
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    usual: dict[str, object] = {"matter": catalogue.OPEN_PUTUO, "whole_document": True}
    await counter.client.open_use(
        stage.records[record], [stage.grants[grant]],
        build.particulars(**(usual | particulars)),  # type: ignore[arg-type]
        recipient_key=secrets.token_bytes(32),
    )  # fmt: skip


ARTICLES: Final = f"articles of association {first_restaurant.NUMBER}"
FOOD_SAFETY: Final = f"food safety rules of the company {first_restaurant.NUMBER}"


async def exceed_purpose(stage: Stage) -> None:
    """A grant for services is used for enforcement."""
    await _open(stage, second_restaurant.DIRECT, ARTICLES, purpose="ENFORCEMENT")


async def exceed_matter(stage: Stage) -> None:
    """A grant for opening is used for a change."""
    await _open(stage, second_restaurant.DIRECT, ARTICLES, matter=catalogue.CHANGE_XUHUI)


async def exceed_records(stage: Stage) -> None:
    """A type that was not granted is used."""
    await _open(stage, second_restaurant.DIRECT, FOOD_SAFETY)


async def exceed_count(stage: Stage) -> None:
    """The agent's grant was for one use in the case, and it was made."""
    number = second_restaurant.NUMBER
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY, case_number=number)


async def use_after_revocation(stage: Stage) -> None:
    """The legal person takes back what the employee got; the agent's own grant was never touched."""
    online = await stage.get_desk(world.PUTUO_ONLINE)

    await online.client.revoke_grant(
        stage.grants[second_restaurant.TO_EMPLOYEE],
        lambda target: confirm(online, RESTAURANT, target, "撤销对员工的授权"),
    )
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY, case_number=second_restaurant.NUMBER)


async def rely_on_nothing(stage: Stage) -> None:
    """A decision is based on a record that was never used in the case."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    number = second_restaurant.NUMBER
    particulars = build.particulars(matter=catalogue.OPEN_PUTUO, case_number=number)
    await counter.client.rely(stage.records["food business permit"], secrets.token_bytes(32), particulars)


async def fetch_for_another(stage: Stage) -> None:
    """A use of Putuo's is named to the vault by another unit."""
    use = next(use for use, made in stage.uses.items() if made.record == stage.records[FOOD_SAFETY])
    housing = await stage.get_desk(world.HOUSING_OFFICE)
    vault = await housing.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(use, housing.folder / "received" / "stolen.pdf")


async def fetch_without_use(stage: Stage) -> None:
    """The vault is asked under a use that nobody opened."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    vault = await counter.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(secrets.token_bytes(32), counter.folder / "received" / "nothing.pdf")


# reading


async def plan_closed_case(stage: Stage) -> None:
    """The plan of a case that has been closed."""
    await (await stage.get_desk(world.XUHUI_COUNTER)).client.plan(first_restaurant.NUMBER)


async def trace_as_window(stage: Stage) -> None:
    """A window is curious about a company."""
    counter = await stage.get_desk(world.XUHUI_COUNTER)
    await counter.client.trace_subject(stage.ids[RESTAURANT], "好奇")
