"""What is recognised is exactly what a full check would have let pass: never a byte more."""

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from tests.testkit import grant_objects, ledger_objects
from tests.testkit.ledger_kit import wrap
from zhenglian_ledger import canonical, patterns
from zhenglian_ledger.canonical import parse_canonical, serialise
from zhenglian_ledger.errors import InvalidEncoding
from zhenglian_ledger.patterns import Patterns, build_pattern
from zhenglian_proto.v1 import grants_pb2
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.types_pb2 import CHANNEL_WINDOW, Interval

DESCRIPTOR = Operation.DESCRIPTOR
CONTEXT = Context(actor=bytes(range(32)), channel=CHANNEL_WINDOW)

SAMPLES: dict[str, Message] = {
    "licence": ledger_objects.issue_licence(
        valid=Interval(from_ms=1_577_808_000_000, to_ms=1_893_456_000_000)
    ),
    "licence of a case": ledger_objects.issue_licence(holders=[b"a" * 32, b"b" * 32], paper_issued_ms=5),
    "material": ledger_objects.collect_material(retention_ms=127),
    "matter": ledger_objects.put_matter(),
    "case": ledger_objects.open_case(),
    "grant": grants_pb2.GiveGrant(body=grant_objects.build_grant()),
    "use": grant_objects.open_use("use", grant_objects.build_grant()),
    "dispute": ledger_objects.raise_dispute(),
}


def encode(message: Message, context: Context | None = CONTEXT) -> bytes:
    operation = wrap(message)
    if context is not None:
        operation.context.CopyFrom(context)
    return serialise(operation)


def is_sound(data: bytes) -> bool:
    """The full check, whatever has been learned."""
    try:
        canonical._parse_checked(Operation, data)
    except InvalidEncoding:
        return False
    return True


@pytest.mark.parametrize("name", SAMPLES)
def test_a_pattern_matches_what_it_was_built_from(name: str) -> None:
    data = encode(SAMPLES[name])
    assert is_sound(data)
    assert build_pattern(DESCRIPTOR, data).fullmatch(data)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_changed_byte_is_recognised_that_a_full_check_would_refuse(name: str) -> None:
    data = encode(SAMPLES[name])
    pattern = build_pattern(DESCRIPTOR, data)
    recognised = 0
    for place, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 0x80, 0, 1, 0x7F, 0x80, 0xFF} - {byte}:
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            if pattern.fullmatch(changed):
                recognised += 1
                assert is_sound(changed), f"byte {place} = {other}"
    assert recognised


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_mutation_is_recognised_that_a_full_check_would_refuse(name: str, draw: st.DataObject) -> None:
    data = bytearray(encode(SAMPLES[name]))
    pattern = build_pattern(DESCRIPTOR, bytes(data))
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(data) - 1))
        width = draw.draw(st.integers(0, 6))
        data[place : place + width] = draw.draw(st.binary(max_size=6))
    if pattern.fullmatch(bytes(data)):
        assert is_sound(bytes(data))


def test_other_digests_holders_and_days_of_one_length_are_recognised() -> None:
    data = encode(SAMPLES["licence"])
    like = encode(
        ledger_objects.issue_licence(
            "another", valid=Interval(from_ms=1_600_000_000_000, to_ms=1_999_999_999_999)
        ),
        Context(actor=b"z" * 32, channel=CHANNEL_WINDOW),
    )
    assert len(like) == len(data)
    assert build_pattern(DESCRIPTOR, data).fullmatch(like)


@pytest.mark.parametrize("changes", [{"type": "T" * 64}, {"custodian": "X"}, {"holders": []}, {"origin": 2}])
def test_whatever_a_bound_looks_at_is_part_of_the_form(changes: dict[str, Any]) -> None:
    data = encode(ledger_objects.issue_licence())
    assert not build_pattern(DESCRIPTOR, data).fullmatch(encode(ledger_objects.issue_licence(**changes)))


def test_a_form_is_learned_when_it_is_frequent_and_forgotten_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patterns, "RARITY", 2)
    monkeypatch.setattr(patterns, "MAX_PATTERNS", 1)
    learned, licence, case = Patterns(DESCRIPTOR), encode(SAMPLES["licence"]), encode(SAMPLES["case"])
    learned.learn(licence)
    assert not learned.is_like_a_sound_one(licence)
    learned.learn(licence)
    assert learned.is_like_a_sound_one(licence)
    learned.learn(case)
    learned.learn(case)
    assert learned.is_like_a_sound_one(case)
    assert not learned.is_like_a_sound_one(licence)


def test_a_message_reads_the_same_recognised_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "RARITY", 1)
    data = encode(SAMPLES["licence"])
    assert parse_canonical(Operation, data) == parse_canonical(Operation, data) == Operation.FromString(data)
