"""The local-key gateway: who gets which id, what is refused, how a holder's will is attested."""

import asyncio

import pytest

from zhenglian_ledger.attestation import verify_attestation_signature
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidIdentifier, InvalidInput, StoreError
from zhenglian_ledger.identifiers import compose_licence_identifier, compute_id_card_check
from zhenglian_proto.v1 import identity_pb2, state_pb2
from zhenglian_proto.v1.identity_pb2 import IdentityNumber, ResolveReason
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_IDENTITY_GATEWAY
from zhenglian_sdk.identity.gateway import MAX_NUMBERS, IdentityGateway
from zhenglian_sdk.identity.local import LocalGateway
from zhenglian_sdk.identity.pseudonyms import compute_masked, compute_pseudonym
from zhenglian_sdk.identity.sessions import LIFETIME_MS
from zhenglian_sdk.signer import MemorySigner

PERSON = "31010119900101001" + compute_id_card_check("31010119900101001")
USCC = "11100000000013338W"
TYPE = "11100000000013338W011"
LICENCE = compose_licence_identifier(TYPE, "310101", "0000001", "001")
CASE = ResolveReason(case_number="HP-2024-1")
TARGET = b"\xaa" * 32
NATURAL = identity_pb2.IDENTITY_KIND_NATURAL_PERSON
LEGAL = identity_pb2.IDENTITY_KIND_LEGAL_PERSON
PREMISES = identity_pb2.IDENTITY_KIND_PREMISES


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


def build(
    *, key: bytes = b"\x01" * 32, mode: state_pb2.Mode = state_pb2.MODE_SANDBOX, clock: Clock | None = None
) -> LocalGateway:
    return LocalGateway(
        pseudonym_key=key,
        signer=MemorySigner(b"\x02" * 32),
        system="gateway",
        mode=mode,
        now_ms=clock or Clock(),
    )


def person(number: str = PERSON) -> IdentityNumber:
    return IdentityNumber(kind=NATURAL, number=number)


@pytest.mark.parametrize("mode", [state_pb2.MODE_PRODUCTION, state_pb2.MODE_UNSPECIFIED])
def test_it_refuses_to_exist_outside_a_sandbox(mode: state_pb2.Mode) -> None:
    with pytest.raises(StoreError) as caught:
        build(mode=mode)
    assert caught.value.code == Code.PRODUCTION_FORBIDDEN


def test_a_short_pseudonym_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        build(key=b"short")


def test_ids_are_stable_distinct_and_depend_on_the_key() -> None:
    numbers = [
        person(),
        IdentityNumber(kind=LEGAL, number=USCC),
        IdentityNumber(kind=PREMISES, number="上海市黄浦区人民大道200号"),
    ]
    gateway: IdentityGateway = build()
    ids = asyncio.run(gateway.resolve_subjects(CASE, numbers))
    assert ids == asyncio.run(build().resolve_subjects(CASE, numbers))
    others = asyncio.run(build(key=b"\x03" * 32).resolve_subjects(CASE, numbers))
    licences = asyncio.run(gateway.resolve_licences(TYPE, [LICENCE]))
    assert len({*ids, *others, *licences}) == 7
    assert {len(each) for each in ids + licences} == {32}


def test_the_reason_changes_no_id() -> None:
    issue = ResolveReason(licence_type=TYPE)
    assert asyncio.run(build().resolve_subjects(CASE, [person()])) == asyncio.run(
        build().resolve_subjects(issue, [person()])
    )


def test_an_address_has_one_form_however_it_is_typed() -> None:
    key = b"\x01" * 32
    plain = IdentityNumber(kind=PREMISES, number="人民大道200号")
    typed = IdentityNumber(kind=PREMISES, number=" 人民大道２００号　")
    other = IdentityNumber(kind=PREMISES, number="人民大道201号")
    assert compute_pseudonym(key, plain) == compute_pseudonym(key, typed)
    assert compute_pseudonym(key, plain) != compute_pseudonym(key, other)


@pytest.mark.parametrize("number", ["", "  ", "a\u200bb", "x" * 201])
def test_what_is_no_address_is_refused(number: str) -> None:
    with pytest.raises(InvalidIdentifier):
        compute_pseudonym(b"\x01" * 32, IdentityNumber(kind=PREMISES, number=number))


def test_a_wrong_check_digit_says_which_number_and_what_was_expected() -> None:
    wrong = PERSON[:-1] + ("0" if PERSON[-1] != "0" else "1")
    with pytest.raises(InvalidIdentifier) as caught:
        asyncio.run(build().resolve_subjects(CASE, [person(), person(wrong)]))
    assert caught.value.code == Code.WRONG_CHECK_DIGIT
    assert caught.value.fields["expected"] == PERSON[-1]
    assert caught.value.fields["index"] == 1
    assert wrong not in str(caught.value.fields)


@pytest.mark.parametrize("kind", [identity_pb2.IDENTITY_KIND_LICENCE, identity_pb2.IDENTITY_KIND_UNSPECIFIED])
def test_a_licence_is_no_subject(kind: identity_pb2.IdentityKind) -> None:
    with pytest.raises(Denied) as caught:
        asyncio.run(build().resolve_subjects(CASE, [IdentityNumber(kind=kind, number=LICENCE)]))
    assert caught.value.fields == {"field": "kind"}


def test_licences_are_of_the_type_that_is_the_reason() -> None:
    with pytest.raises(Denied) as caught:
        asyncio.run(build().resolve_licences("11100000000013338W012", [LICENCE]))
    assert caught.value.code == Code.GATEWAY_REFUSED


def test_a_reason_and_a_bounded_number_of_ids_are_demanded() -> None:
    gateway = build()
    for reason, numbers, field in (
        (ResolveReason(), [person()], "reason"),
        (CASE, [], "numbers"),
        (CASE, [person()] * (MAX_NUMBERS + 1), "numbers"),
    ):
        with pytest.raises(Denied) as caught:
            asyncio.run(gateway.resolve_subjects(reason, numbers))
        assert caught.value.fields == {"field": field}
    with pytest.raises(InvalidIdentifier):
        asyncio.run(gateway.resolve_subjects(ResolveReason(case_number="with space"), [person()]))


def test_a_confirmed_session_is_attested_as_of_its_confirmation() -> None:
    async def story() -> None:
        clock = Clock()
        gateway = build(clock=clock)
        session = await gateway.open_session(person(), TARGET, "同意使用营业执照")
        with pytest.raises(Denied) as caught:
            await gateway.attest(session)
        assert caught.value.code == Code.SESSION_UNCONFIRMED
        clock.now_ms += 60_000
        confirmed_ms = clock.now_ms
        await gateway.confirm_session(session)
        clock.now_ms += 60_000
        await gateway.confirm_session(session)
        attestation = await gateway.attest(session)
        assert attestation == await gateway.attest(session)
        signer = MemorySigner(b"\x02" * 32)
        verify_attestation_signature(TARGET, attestation, signer.suite, signer.public_key)
        assert attestation.kind == ATTESTATION_KIND_IDENTITY_GATEWAY
        assert [attestation.subject] == await gateway.resolve_subjects(CASE, [person()])
        assert (attestation.system, attestation.level) == ("gateway", 3)
        assert attestation.at_ms == confirmed_ms
        assert attestation.session not in (session, b"")

    asyncio.run(story())


def test_a_session_ends_after_ten_minutes_and_unknown_ones_are_refused() -> None:
    async def story() -> None:
        clock = Clock()
        gateway = build(clock=clock)
        session = await gateway.open_session(person(), TARGET, "亮证")
        await gateway.confirm_session(session)
        clock.now_ms += LIFETIME_MS - 1
        await gateway.attest(session)
        clock.now_ms += 1
        for stale in (session, b"\x00" * 32):
            with pytest.raises(Denied) as caught:
                await gateway.attest(stale)
            assert caught.value.code == Code.GATEWAY_REFUSED
            with pytest.raises(Denied):
                await gateway.confirm_session(stale)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("target", "shown", "field"),
    [(b"short", "x", "target"), (TARGET, "", "shown"), (TARGET, "x" * 1001, "shown")],
)
def test_a_session_needs_a_target_and_something_to_show(target: bytes, shown: str, field: str) -> None:
    with pytest.raises(Denied) as caught:
        asyncio.run(build().open_session(person(), target, shown))
    assert caught.value.fields == {"field": field}


def test_premises_confirm_nothing() -> None:
    with pytest.raises(Denied):
        asyncio.run(build().open_session(IdentityNumber(kind=PREMISES, number="某路1号"), TARGET, "x"))


def test_masked_numbers_hide_birth_date_and_sequence() -> None:
    assert compute_masked("310101199001010019") == "310" + "*" * 14 + "9"
    assert compute_masked("某路1号") == "****"
