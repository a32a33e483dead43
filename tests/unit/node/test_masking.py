"""No identifier leaves in a log line: not in a field, not in a sentence, not in a stack trace."""

import json
import logging
from collections.abc import Iterator
from hashlib import sha256

import pytest
import structlog

from zhenglian_node.logs import configure_logs, mask_identifiers, mask_text, mask_value

SUBJECT = sha256(b"subject").digest()


@pytest.mark.parametrize(
    "identifier",
    [
        SUBJECT.hex(),  # a subject, record or grant
        "11010519491231002X",  # a citizen identification number
        "91310000631696382C",  # a unified social credit code
        "13800138000",  # a telephone number
        "1.2.156.3005.2.11100000000013127D011.11310000MB2F30001X.0001.001.X",  # a licence identifier
        repr(SUBJECT),
        "20260001AB",  # a case number
    ],
)
def test_an_identifier_in_a_sentence_is_cut(identifier: str) -> None:
    masked = mask_text(f"the record {identifier} is not there")
    assert identifier not in masked
    assert identifier[4:] not in masked
    assert masked.startswith("the record ")
    assert masked.endswith(" is not there")


@pytest.mark.parametrize(
    "sentence",
    [
        "the engine has ended",
        "block 123456 at 127.0.0.1:7443",
        "STORE_CORRUPTED",
        "证链 node 0.1.0 ready in 12 ms",
    ],
)
def test_an_ordinary_sentence_stays_as_it_is(sentence: str) -> None:
    assert mask_text(sentence) == sentence


def test_a_field_is_masked_unless_it_is_known_to_name_nobody() -> None:
    fields = {"event": "done", "height": 7, "code": "REPLAYED", "unit": "huangpu", "subject": SUBJECT, "n": 3}
    assert mask_identifiers(None, "info", fields) == {
        "event": "done", "height": 7, "code": "REPLAYED", "unit": "huan…", "subject": SUBJECT.hex()[:4] + "…",
        "n": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"), [(None, None), (True, True), (5, 5), ("abc", "…"), (b"\x01", "…")]
)
def test_a_short_value_shows_nothing(value: object, shown: object) -> None:
    assert mask_value(value) == shown


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored_logging")
def test_every_line_leaves_as_json_and_masked_whoever_wrote_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    structlog.get_logger("ours").info("seen", subject=SUBJECT, height=3)
    logging.getLogger("a.library").warning("lost %s", SUBJECT.hex())
    try:
        dict[bytes, int]()[SUBJECT]
    except KeyError:
        structlog.get_logger("ours").exception("failed")
    logging.getLogger("ours").debug("not this one")
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 3
    assert (lines[0]["event"], lines[0]["level"], lines[0]["height"]) == ("seen", "info", 3)
    assert "KeyError" in lines[2]["exception"]
    for form in (SUBJECT.hex(), repr(SUBJECT), repr(SUBJECT)[2:-1]):
        assert form not in text
