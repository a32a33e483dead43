"""Members, units, systems and keys: who takes part, and under whose RECOVERY key it speaks."""

from typing import Any

import pytest
from google.protobuf.message import Message

from tests.testkit.grant_objects import bind_key
from tests.testkit.ledger_kit import CHAIN_ID, DAY_MS, Sandbox, sign_key_operation
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HOUSING,
    HOUSING_OFFICE,
    HUANGPU_OFFICE,
    MARKET,
    MARKET_COUNTER,
    MARKET_OFFICE,
    UNITS,
    build_key,
    compute_seed,
    key_body,
    open_case,
    put_region,
    put_system,
    put_unit,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.identifiers.uscc import compute_uscc_check
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.merkle.status import Status
from zhenglian_proto.v1 import members_pb2, registries_pb2, types_pb2
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_P256, SUITE_SM2, SUITE_X25519
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_ENCRYPT,
    KEY_USAGE_RECOVERY,
    KEY_USAGE_SIGN,
    KEY_USAGE_TRANSPORT,
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_UNSPECIFIED,
    SYSTEM_KIND_GATEWAY,
    SYSTEM_KIND_ONLINE,
    SYSTEM_KIND_VAULT,
)
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_REGION, KIND_SYSTEM, KIND_UNIT

MARKET_PLAN = next(plan for plan in UNITS if plan.unit == MARKET)
MARKET_RECOVERY = f"{MARKET}-recovery"
MARKET_KEYS = 4  # its RECOVERY key and three systems at genesis
POINT = b"\x04" + bytes(range(64))
USCC = "11310000000000000" + compute_uscc_check("11310000000000000")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def market_unit(**changes: Any) -> members_pb2.Unit:
    return put_unit(MARKET_PLAN, **changes)


def online(name: str = "market-online", unit: str = MARKET, **changes: Any) -> members_pb2.System:
    return put_system(name, unit, SYSTEM_KIND_ONLINE, **changes)


def key_id(name: str) -> bytes:
    return compute_key_id(SUITE_ED25519, ed25519.compute_public_key(compute_seed(name)))


def market_key(sequence: int = MARKET_KEYS + 1, signer: str = MARKET_RECOVERY, **change: Any) -> Message:
    body = key_body(MARKET, sequence, chain_id=CHAIN_ID, **change)
    return sign_key_operation(body, signer)


def end(name: str, not_after_ms: int) -> members_pb2.KeyEnd:
    return members_pb2.KeyEnd(key=key_id(name), not_after_ms=not_after_ms)


# members, units, systems


def test_a_member_is_admitted_in_genesis_only(sandbox: Sandbox) -> None:
    member = members_pb2.Member(id="newcomer", name="newcomer", tier=members_pb2.TIER_SOCIAL)
    assert sandbox.apply(CENTRE_OFFICE, member) == [Code.NOT_GENESIS]
    assert sandbox.apply_genesis(member) == [Code.OK]
    member.id = USCC[:-1] + ("0" if USCC[-1] != "0" else "1")
    assert sandbox.apply_genesis(member) == [Code.WRONG_CHECK_DIGIT]


def test_a_changed_unit_is_a_new_entry_and_the_old_one_is_superseded(sandbox: Sandbox) -> None:
    before = sandbox.find(KIND_UNIT, MARKET).index
    sandbox.accept(CENTRE_OFFICE, market_unit(name="市场监管局"))
    after = sandbox.find(KIND_UNIT, MARKET)
    assert after.operation.put_unit.name == "市场监管局"
    assert sandbox.statuses[before] == Status.SUPERSEDED
    assert sandbox.statuses[after.index] == Status.VALID


def test_a_role_taken_away_is_gone_from_the_next_block_on(sandbox: Sandbox) -> None:
    huangpu = next(plan for plan in UNITS if plan.unit == "huangpu")
    sandbox.accept(CENTRE_OFFICE, put_unit(huangpu, roles=[ROLE_RELYING]))
    assert sandbox.apply(HUANGPU_OFFICE, open_case()) == [Code.NOT_PERMITTED]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (market_unit(id="new", member="nobody"), Code.NOT_FOUND),
        (market_unit(member=HOUSING), Code.ALREADY_EXISTS),
        (market_unit(region="999999"), Code.UNKNOWN_REGION),
        (market_unit(region="310105001"), Code.UNKNOWN_REGION),
        (market_unit(region="310103"), Code.REGION_NOT_IN_FORCE),
        (market_unit(region="310114"), Code.REGION_NOT_IN_FORCE),
        (market_unit(region="31010"), Code.INVALID_NAME),
        (market_unit(roles=[ROLE_ISSUING, ROLE_ISSUING]), Code.DUPLICATE),
        (market_unit(roles=[ROLE_UNSPECIFIED]), Code.MISSING_FIELD),
        (market_unit(id=USCC[:-1] + ("0" if USCC[-1] != "0" else "1")), Code.WRONG_CHECK_DIGIT),
        (online(unit="nobody"), Code.NOT_FOUND),
        (online(name=MARKET_OFFICE, unit=HOUSING), Code.ALREADY_EXISTS),
        (put_system("v", MARKET, SYSTEM_KIND_VAULT, endpoint=""), Code.MISSING_FIELD),
        (put_system("g", MARKET, SYSTEM_KIND_GATEWAY, endpoint=""), Code.MISSING_FIELD),
    ],
)
def test_a_unit_or_system_that_does_not_hang_together_is_refused(
    sandbox: Sandbox, operation: Message, code: Code
) -> None:
    ended = types_pb2.Interval(from_ms=1, to_ms=2)
    sandbox.accept(CENTRE_OFFICE, put_region(id="310103", name="卢湾区", valid=ended))
    sandbox.accept(CENTRE_OFFICE, put_region(id="310114", name="嘉定区"))
    sandbox.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=KIND_REGION, id="310114"))
    assert sandbox.apply(CENTRE_OFFICE, operation) == [code]


@pytest.mark.parametrize(
    "operation",
    [
        market_unit(id=USCC),
        market_unit(id="eighteen-charactr."),
        market_unit(region="310101005"),
        market_unit(roles=[]),
        online(),
        put_system("v", MARKET, SYSTEM_KIND_VAULT),
    ],
)
def test_a_unit_or_system_that_hangs_together_is_accepted(sandbox: Sandbox, operation: Message) -> None:
    assert sandbox.apply(CENTRE_OFFICE, operation) == [Code.OK]


def test_only_the_steward_keeps_the_registries(sandbox: Sandbox) -> None:
    assert sandbox.apply(MARKET_OFFICE, market_unit(), online()) == [Code.NOT_PERMITTED] * 2


def test_a_system_of_a_retired_unit_cannot_be_changed(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, registries_pb2.Retire(kind=KIND_UNIT, id=MARKET))
    assert sandbox.apply(CENTRE_OFFICE, online()) == [Code.NOT_IN_FORCE]
    assert sandbox.try_batch(sandbox.build_batch(MARKET_OFFICE, online())) == Code.SYSTEM_NOT_IN_FORCE


# keys


def test_an_added_key_signs_and_an_ended_one_no_longer(sandbox: Sandbox) -> None:
    sandbox.accept(CENTRE_OFFICE, online())
    sandbox.accept(MARKET_OFFICE, market_key(add=build_key("market-online", "market-online")))
    assert sandbox.get_status(KIND_KEY, key_id("market-online")) == Status.VALID
    assert sandbox.apply("market-online", open_case()) == [Code.NOT_OWNER]

    ending = market_key(MARKET_KEYS + 2, end=end("market-online", sandbox.time_ms))
    sandbox.accept(MARKET_COUNTER, ending)
    assert sandbox.get_status(KIND_KEY, key_id("market-online")) == Status.INVALID
    assert sandbox.statuses[sandbox.sizes[2] - 1] == Status.NONE
    assert sandbox.try_batch(sandbox.build_batch("market-online", open_case())) == Code.KEY_NOT_IN_FORCE


def test_a_key_ended_within_a_block_signs_nothing_later_in_it(sandbox: Sandbox) -> None:
    codes = sandbox.apply(
        MARKET_OFFICE,
        market_key(end=end(MARKET_COUNTER, sandbox.time_ms)),
        market_key(MARKET_KEYS + 2, end=end(MARKET_COUNTER, sandbox.time_ms)),
    )
    assert codes == [Code.OK, Code.KEY_NOT_IN_FORCE]


def test_a_key_operation_cannot_be_replayed(sandbox: Sandbox) -> None:
    operation = market_key(add=build_key("spare", MARKET_OFFICE))
    sandbox.accept(MARKET_OFFICE, operation)
    assert sandbox.apply(MARKET_OFFICE, operation) == [Code.WRONG_KEY_SEQUENCE]


def test_a_key_id_is_accepted_once_for_ever(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, market_key(add=build_key("spare", MARKET_OFFICE)))
    sandbox.accept(MARKET_OFFICE, market_key(MARKET_KEYS + 2, end=end("spare", sandbox.time_ms)))
    again = market_key(MARKET_KEYS + 3, add=build_key("spare", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, again) == [Code.KEY_REUSED]


def test_a_holders_key_is_no_systems_key(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_COUNTER, bind_key(sandbox, "Li Lei"))
    taken = market_key(add=build_key("Li Lei", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, taken) == [Code.KEY_REUSED]


@pytest.mark.parametrize(
    ("usage", "suite", "public_key", "system", "code"),
    [
        (KEY_USAGE_SIGN, SUITE_ED25519, bytes(31) + b"\x01", MARKET_OFFICE, Code.OK),
        (KEY_USAGE_SIGN, SUITE_SM2, POINT, MARKET_OFFICE, Code.OK),
        (KEY_USAGE_TRANSPORT, SUITE_P256, POINT, MARKET_OFFICE, Code.OK),
        (KEY_USAGE_ENCRYPT, SUITE_X25519, bytes(31) + b"\x01", MARKET_OFFICE, Code.OK),
        (KEY_USAGE_RECOVERY, SUITE_ED25519, bytes(31) + b"\x01", "", Code.OK),
        (KEY_USAGE_SIGN, SUITE_ED25519, bytes(31) + b"\x01", "", Code.WRONG_KEY_USAGE),
        (KEY_USAGE_SIGN, SUITE_ED25519, POINT, MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_SIGN, SUITE_P256, POINT, MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_SIGN, SUITE_SM2, b"\x02" + POINT[1:], MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_TRANSPORT, SUITE_P256, b"\x03" + POINT[1:], MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_TRANSPORT, SUITE_P256, POINT[:33], MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_TRANSPORT, SUITE_ED25519, bytes(31) + b"\x01", MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_ENCRYPT, SUITE_ED25519, bytes(31) + b"\x01", MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_RECOVERY, SUITE_ED25519, bytes(31) + b"\x01", MARKET_OFFICE, Code.WRONG_KEY_USAGE),
        (KEY_USAGE_RECOVERY, SUITE_SM2, POINT, "", Code.WRONG_KEY_USAGE),
        (KEY_USAGE_SIGN, SUITE_ED25519, bytes(31) + b"\x01", HOUSING_OFFICE, Code.NOT_OWNER),
        (KEY_USAGE_SIGN, SUITE_ED25519, bytes(31) + b"\x01", "nobody", Code.NOT_FOUND),
    ],
)
def test_a_key_fits_its_usage_and_its_system_or_is_refused(
    sandbox: Sandbox,
    usage: members_pb2.KeyUsage,
    suite: Any,
    public_key: bytes,
    system: str,
    code: Code,
) -> None:
    key = members_pb2.Key(suite=suite, public_key=public_key, usage=usage, system=system)
    assert sandbox.apply(MARKET_OFFICE, market_key(add=key)) == [code]


def test_a_key_operation_rides_with_anybody(sandbox: Sandbox) -> None:
    sandbox.accept(HOUSING_OFFICE, market_key(add=build_key("spare", MARKET_OFFICE)))
    assert sandbox.get_status(KIND_KEY, key_id("spare")) == Status.VALID


def test_a_key_operation_holds_on_its_own_chain_only(sandbox: Sandbox) -> None:
    body = key_body(MARKET, MARKET_KEYS + 1, chain_id="other-00000000", add=build_key("spare", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, sign_key_operation(body, MARKET_RECOVERY)) == [Code.FOREIGN_CHAIN]
    body.chain_id = ""
    assert sandbox.apply(MARKET_OFFICE, sign_key_operation(body, MARKET_RECOVERY)) == [Code.FOREIGN_CHAIN]


def test_a_genesis_that_names_a_chain_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.apply_genesis(market_key(add=build_key("spare", MARKET_OFFICE))) == [Code.FOREIGN_CHAIN]


@pytest.mark.parametrize("signer", [f"{HOUSING}-recovery", MARKET_OFFICE, "a key nobody registered"], ids=str)
def test_only_a_recovery_key_of_the_member_may_sign(sandbox: Sandbox, signer: str) -> None:
    operation = market_key(signer=signer, add=build_key("spare", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, operation) == [Code.WRONG_RECOVERY_SIGNATURE]


def test_a_recovery_signature_covers_every_byte_of_the_body(sandbox: Sandbox) -> None:
    body = key_body(MARKET, MARKET_KEYS + 1, chain_id=CHAIN_ID, add=build_key("spare", MARKET_OFFICE))
    operation = sign_key_operation(body, MARKET_RECOVERY)
    operation.body.add.system = MARKET_COUNTER
    assert sandbox.apply(MARKET_OFFICE, operation) == [Code.WRONG_RECOVERY_SIGNATURE]


def test_an_ended_recovery_key_signs_nothing(sandbox: Sandbox) -> None:
    sandbox.accept(MARKET_OFFICE, market_key(add=build_key("second-recovery", "")))
    ending = market_key(MARKET_KEYS + 2, "second-recovery", end=end(MARKET_RECOVERY, sandbox.time_ms))
    sandbox.accept(MARKET_OFFICE, ending)
    late = market_key(MARKET_KEYS + 3, add=build_key("spare", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, late) == [Code.WRONG_RECOVERY_SIGNATURE]


def test_the_last_recovery_key_in_force_cannot_be_ended(sandbox: Sandbox) -> None:
    ending = market_key(end=end(MARKET_RECOVERY, sandbox.time_ms))
    assert sandbox.apply(MARKET_OFFICE, ending) == [Code.LAST_KEY]


@pytest.mark.parametrize(
    ("offset_ms", "code"),
    [
        (-7 * DAY_MS, Code.OK),
        (-7 * DAY_MS - 1, Code.BACKDATED_TOO_FAR),
        (20_000, Code.OK),
        (20_001, Code.OUT_OF_RANGE),
    ],
)
def test_the_end_of_a_key_is_backdated_within_bounds(sandbox: Sandbox, offset_ms: int, code: Code) -> None:
    ending = market_key(end=end(MARKET_COUNTER, sandbox.time_ms + offset_ms))
    assert sandbox.apply(MARKET_OFFICE, ending) == [code]


@pytest.mark.parametrize(
    ("name", "code"), [("never registered", Code.NOT_FOUND), (HOUSING_OFFICE, Code.NOT_OWNER)]
)
def test_only_the_members_own_key_can_be_ended(sandbox: Sandbox, name: str, code: Code) -> None:
    assert sandbox.apply(MARKET_OFFICE, market_key(end=end(name, sandbox.time_ms))) == [code]


def test_a_refused_key_operation_leaves_the_sequence_where_it_was(sandbox: Sandbox) -> None:
    refused = market_key(add=build_key("spare", HOUSING_OFFICE))
    accepted = market_key(add=build_key("spare", MARKET_OFFICE))
    assert sandbox.apply(MARKET_OFFICE, refused, accepted) == [Code.NOT_OWNER, Code.OK]


def test_the_sandbox_knows_its_systems(sandbox: Sandbox) -> None:
    names = [f"{plan.unit}-{suffix}" for plan in UNITS for suffix, _ in plan.systems]
    assert all(sandbox.get_status(KIND_SYSTEM, name) == Status.VALID for name in names)
