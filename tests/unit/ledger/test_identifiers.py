"""Identifiers and plain fields: every vector ends as it says, and the default regions are a sound table."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers import (
    REGIONS,
    LicenceIdentifier,
    compose_licence_identifier,
    compute_id_card_check,
    compute_licence_identifier_check,
    compute_uscc_check,
    is_region_within,
    parse_licence_identifier,
    verify_case_number,
    verify_digest,
    verify_id_card,
    verify_licence_identifier,
    verify_licence_type_code,
    verify_name,
    verify_region,
    verify_region_form,
    verify_uscc,
)
from zhenglian_ledger.identifiers.alphabet import (
    CAPITAL_CHARACTERS,
    DIGIT_CHARACTERS,
    DIGITS_AND_CAPITALS,
    compute_values,
    is_written_in,
)
from zhenglian_ledger.identifiers.regions import NO_BEGINNING, NO_END

VECTORS = Path(__file__).parents[2] / "vectors" / "identifiers"
CASES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("ascii")) for path in sorted(VECTORS.glob("*.json"))
}
RUNNERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "uscc": lambda case: verify_uscc(case["input"]),
    "id_card": lambda case: verify_id_card(case["input"]),
    "licence_identifier": lambda case: verify_licence_identifier(case["input"]),
    "region": lambda case: verify_region(case["input"], case["on"]),
    "name": lambda case: verify_name(case["field"], case["input"]),
    "case_number": lambda case: verify_case_number(case["field"], case["input"]),
    "digest": lambda case: verify_digest(case["field"], bytes.fromhex(case["input"]), case["length"]),
}


@pytest.mark.parametrize("name", CASES)
def test_vector_ends_as_it_says(name: str) -> None:
    case = CASES[name]
    if case["outcome"] == "OK":
        RUNNERS[case["kind"]](case)
        return
    with pytest.raises(InvalidIdentifier) as caught:
        RUNNERS[case["kind"]](case)
    assert caught.value.code is Code[case["outcome"]]
    told = {key: value for key, value in caught.value.fields.items() if key != "what"}
    assert told == {key: case[key] for key in told}
    assert {"expected", "found", "position"} & case.keys() <= told.keys()
    assert "…" not in caught.value.zh + caught.value.en


def test_vectors_are_named_as_their_files_and_spoil_accepted_ones() -> None:
    for stem, case in CASES.items():
        assert case["name"] == stem
        if "mutates" in case:
            original = CASES[case["mutates"]]
            assert original["outcome"] == "OK"
            assert original["kind"] == case["kind"]
            assert original != case
    assert {case["kind"] for case in CASES.values()} == RUNNERS.keys()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "parts" in case])
def test_accepted_licence_identifier_parses_and_composes(name: str) -> None:
    case = CASES[name]
    parsed = parse_licence_identifier(case["input"])
    assert parsed == LicenceIdentifier(*case["parts"])
    assert compose_licence_identifier(*parsed[:4]) == case["input"]
    verify_licence_type_code(parsed.type_code)


def test_composing_refuses_parts_that_would_not_parse() -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        compose_licence_identifier("11100000000013338W011", "340100", "0000.0000", "001")
    assert (caught.value.code, caught.value.fields["position"]) == (Code.WRONG_ALPHABET, 5)


@pytest.mark.parametrize("compute", [compute_uscc_check, compute_id_card_check])
@pytest.mark.parametrize("length", [0, 16, 18])
def test_computing_a_check_needs_seventeen_characters(compute: Callable[[str], str], length: int) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        compute("1" * length)
    assert caught.value.fields == {"what": caught.value.fields["what"], "expected": 17, "found": length}


def test_computing_a_check_refuses_full_width_digits() -> None:
    for compute in (compute_uscc_check, compute_id_card_check, compute_licence_identifier_check):
        with pytest.raises(InvalidIdentifier) as caught:
            compute("1" * 16 + "\uff11")
        assert (caught.value.code, caught.value.fields["position"]) == (Code.WRONG_ALPHABET, 17)


def test_errors_say_which_code_of_a_licence_identifier_is_wrong() -> None:
    told = {}
    for name in ("licence-issuer-wrong-uscc", "licence-wrong-check"):
        with pytest.raises(InvalidIdentifier) as caught:
            verify_licence_identifier(CASES[name]["input"])
        told[name] = caught.value.en
    assert "USCC: wrong check digit, expected L, found M" in told["licence-issuer-wrong-uscc"]
    assert "licence identifier: wrong check digit, expected U, found V" in told["licence-wrong-check"]


def test_default_regions_have_unique_codes_and_real_intervals() -> None:
    assert len({region.code for region in REGIONS}) == len(REGIONS)
    for region in REGIONS:
        verify_region_form(region.code)
        assert region.in_force_from < region.in_force_to
        for day in {region.in_force_from, region.in_force_to} - {NO_BEGINNING, NO_END}:
            assert date(day // 10000, day // 100 % 100, day % 100) < date(2024, 1, 1)


def test_default_regions_hold_every_province_and_the_sixteen_districts_today() -> None:
    today = [region.code for region in REGIONS if region.in_force_to == NO_END]
    assert sum(code.endswith("0000") for code in today) == 34
    districts = [code for code in today if is_region_within(code, "310000") and code != "310000"]
    assert len(districts) == 16
    for code in today:
        verify_region(code, 20240101)


def test_counties_turned_into_districts_leave_no_day_uncovered() -> None:
    by_name = {region.name: region for region in REGIONS}
    for place in ("嘉定", "宝山", "南汇", "奉贤", "松江", "金山", "青浦", "崇明"):
        assert by_name[f"{place}县"].in_force_to == by_name[f"{place}区"].in_force_from


@pytest.mark.parametrize(
    ("code", "of", "is_within"),
    [
        ("310107", "310000", True),
        ("310107005", "310000", True),
        ("310107005001", "310107", True),
        ("310107005001", "310107005", True),
        ("310107", "310107", True),
        ("310230", "310000", True),
        ("310107000000", "310107", True),
        ("310107", "310107000000", True),
        ("310107", "310100", True),
        ("310000", "310107", False),
        ("310106", "310107", False),
        ("310107005", "310107006", False),
        ("310107", "310107005", False),
        ("310230", "310100", False),
        ("340100", "310000", False),
        ("310108", "310106", False),
        ("", "310000", False),
        ("310107", "", False),
        ("310107", "31", False),
        ("310107", "000000", False),
        ("31010\uff17", "310000", False),
        ("310107\n", "310107", False),
    ],
)
def test_region_lies_within_another_by_its_levels(code: str, of: str, is_within: bool) -> None:  # noqa: FBT001
    assert is_region_within(code, of) is is_within


@pytest.mark.parametrize(
    "foreign",
    ["\x00", "\n", "/", ":", "@", "[", "\x7f", "\x80", "\xb2", "\xff", "\u0410", "\uff11", "\U0001d7d9"],
)
@pytest.mark.parametrize("half", ["", "\ud800"])
def test_every_character_outside_a_table_is_named_where_it_first_stands(foreign: str, half: str) -> None:
    for text, position in ((f"1A{foreign}{half}B", 3), (f"1A{half}{foreign}B", 3), (f"{foreign}{half}", 1)):
        assert not is_written_in(DIGITS_AND_CAPITALS, text)
        with pytest.raises(InvalidIdentifier) as caught:
            compute_values("text", text, DIGITS_AND_CAPITALS, first_position=11)
        assert caught.value.fields["position"] == 10 + position


def test_a_table_holds_its_alphabet_and_nothing_else() -> None:
    written = [chr(point) for point in range(0x3000) if is_written_in(DIGITS_AND_CAPITALS, chr(point))]
    assert "".join(written) == DIGIT_CHARACTERS + CAPITAL_CHARACTERS
    assert compute_values("text", "".join(written), DIGITS_AND_CAPITALS) == bytes(range(36))
