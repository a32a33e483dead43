"""Check characters find every single slip, fast equals slow, and no text brings a validator to its knees."""

from collections.abc import Callable, Iterator
from datetime import MAXYEAR, date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.testkit.reference_identifiers import (
    ID_CARD_CHECK_ALPHABET,
    MOD_37_36_ALPHABET,
    USCC_ALPHABET,
    is_reference_date,
    is_reference_region_within,
    reference_id_card_check,
    reference_mod_37_36_check,
    reference_uscc_check,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers import (
    compose_licence_identifier,
    compute_id_card_check,
    compute_licence_identifier_check,
    compute_uscc_check,
    is_region_within,
    parse_licence_identifier,
    verify_case_number,
    verify_id_card,
    verify_licence_identifier,
    verify_licence_type_code,
    verify_name,
    verify_region,
    verify_uscc,
)

DIGITS = "0123456789"
FEW = settings(max_examples=12)
MANY = settings(max_examples=80)

USCC_PREFIXES = st.text(USCC_ALPHABET, min_size=17, max_size=17)
USCCS = USCC_PREFIXES.map(lambda prefix: prefix + reference_uscc_check(prefix))
ID_CARD_PREFIXES = st.builds(
    lambda region, born, sequence: f"{region}{born.year:04}{born.month:02}{born.day:02}{sequence}",
    st.text(DIGITS, min_size=6, max_size=6),
    st.dates(),
    st.text(DIGITS, min_size=3, max_size=3),
)
LICENCE_PARTS = st.tuples(
    st.builds(str.__add__, USCCS, st.text(DIGITS, min_size=3, max_size=3)),
    USCCS | st.text(DIGITS, min_size=6, max_size=6),
    st.text(MOD_37_36_ALPHABET, min_size=7, max_size=32),
    st.text(DIGITS, min_size=3, max_size=3),
)
REGION_CODES = st.sampled_from([6, 9, 12]).flatmap(
    lambda length: st.text("0013", min_size=length - 2, max_size=length - 2).map(lambda tail: "31" + tail)
)


def substitutions(text: str, alphabet: str) -> Iterator[str]:
    """Yield every text that differs from `text` in one character of `alphabet`."""
    for index, character in enumerate(text):
        for other in alphabet:
            if other != character:
                yield text[:index] + other + text[index + 1 :]


def swaps(text: str) -> Iterator[str]:
    """Yield every text in which two unequal neighbours have changed places."""
    for index in range(len(text) - 1):
        if text[index] != text[index + 1]:
            yield text[:index] + text[index + 1] + text[index] + text[index + 2 :]


def outcome(verify: Callable[[str], None], text: str) -> Code:
    try:
        verify(text)
    except InvalidIdentifier as error:
        return error.code
    return Code.OK


@MANY
@given(USCC_PREFIXES)
def test_uscc_check_equals_the_slow_reference_and_verifies(prefix: str) -> None:
    check = compute_uscc_check(prefix)
    assert check == reference_uscc_check(prefix)
    verify_uscc(prefix + check)


@FEW
@given(USCCS)
def test_uscc_finds_every_single_substitution_and_every_swap_of_neighbours(code: str) -> None:
    for slip in (*substitutions(code, USCC_ALPHABET), *swaps(code)):
        assert outcome(verify_uscc, slip) is Code.WRONG_CHECK_DIGIT, slip


@MANY
@given(ID_CARD_PREFIXES)
@example("11010519491231002")
def test_id_card_check_equals_the_slow_reference_and_verifies(prefix: str) -> None:
    check = compute_id_card_check(prefix)
    assert check == reference_id_card_check(prefix)
    verify_id_card(prefix + check)


@FEW
@given(ID_CARD_PREFIXES)
def test_id_card_finds_every_single_substitution_and_every_swap_of_neighbours(prefix: str) -> None:
    number = prefix + compute_id_card_check(prefix)
    for slip in substitutions(prefix, DIGITS):
        assert compute_id_card_check(slip) != number[-1], slip
        assert outcome(verify_id_card, slip + number[-1]) in {Code.WRONG_CHECK_DIGIT, Code.NOT_A_DATE}, slip
    for check in ID_CARD_CHECK_ALPHABET.replace(number[-1], ""):
        assert outcome(verify_id_card, prefix + check) is Code.WRONG_CHECK_DIGIT
    for slip in swaps(number):
        assert outcome(verify_id_card, slip) is not Code.OK, slip


@MANY
@given(st.integers(0, MAXYEAR), st.integers(0, 14), st.integers(0, 33))
@example(1900, 2, 29)
@example(2000, 2, 29)
@example(0, 1, 1)
def test_id_card_takes_exactly_the_days_of_the_calendar(year: int, month: int, day: int) -> None:
    prefix = f"310107{year:04}{month:02}{day:02}001"
    is_accepted = outcome(verify_id_card, prefix + compute_id_card_check(prefix)) is Code.OK
    assert is_accepted == is_reference_date(year, month, day)
    if is_accepted:
        assert date(year, month, day).isoformat() == f"{year:04}-{month:02}-{day:02}"


@MANY
@given(st.text(MOD_37_36_ALPHABET, max_size=74))
def test_mod_37_36_equals_the_slow_reference(payload: str) -> None:
    assert compute_licence_identifier_check(payload) == reference_mod_37_36_check(payload)


@MANY
@given(LICENCE_PARTS)
def test_licence_identifier_composed_parses_to_its_parts(parts: tuple[str, str, str, str]) -> None:
    text = compose_licence_identifier(*parts)
    parsed = parse_licence_identifier(text)
    assert parsed[:4] == parts
    assert parsed.check == reference_mod_37_36_check("".join(parts))
    assert compose_licence_identifier(*parsed[:4]) == text


@settings(max_examples=5)
@given(LICENCE_PARTS)
def test_licence_identifier_finds_every_single_substitution(parts: tuple[str, str, str, str]) -> None:
    text = compose_licence_identifier(*parts)
    payload, check = "".join(parts), text[-1]
    for slip in substitutions(payload, MOD_37_36_ALPHABET):
        assert compute_licence_identifier_check(slip) != check, slip
    for slip in substitutions(text, MOD_37_36_ALPHABET + "."):
        assert outcome(verify_licence_identifier, slip) is not Code.OK, slip


@MANY
@given(REGION_CODES, REGION_CODES)
@example("310107005000", "310107")
@example("310107", "310107005000")
@example("310107000000", "310107")
def test_region_within_equals_climbing_the_levels(code: str, of: str) -> None:
    assert is_region_within(code, of) == is_reference_region_within(code, of)


TEXTS = (
    st.text(max_size=24)
    | st.text(DIGITS + "\uff11X.\n\x00", min_size=18, max_size=18)
    | st.text(DIGITS, max_size=12)
    | st.text(MOD_37_36_ALPHABET + ".", max_size=90).map(lambda tail: "1.2.156.3005.2." + tail)
)
VALIDATORS: tuple[Callable[[str], None], ...] = (
    verify_uscc,
    verify_id_card,
    verify_licence_identifier,
    verify_licence_type_code,
    lambda text: verify_region(text, 20240101),
    lambda text: verify_name("name", text),
    lambda text: verify_case_number("number", text),
)


@MANY
@given(TEXTS)
def test_any_text_is_accepted_as_plain_ascii_or_refused_with_a_code(text: str) -> None:
    for verify in VALIDATORS:
        code = outcome(verify, text)
        assert code is not Code.OK or (text.isascii() and text.isprintable() and " " not in text)


@MANY
@given(USCCS, st.integers(0, 17), st.characters(min_codepoint=128))
def test_a_foreign_character_is_named_by_its_position(code: str, index: int, foreign: str) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        verify_uscc(code[:index] + foreign + code[index + 1 :])
    assert (caught.value.code, caught.value.fields["position"]) == (Code.WRONG_ALPHABET, index + 1)
