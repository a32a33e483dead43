"""The gateway's request log: whole lines, nothing rewritten, no number readable."""

import asyncio
import json
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_sdk.identity.request_log import Request, RequestLog

REQUEST = Request(
    call="ResolveSubjects",
    key=b"\x01" * 32,
    system="counter",
    reason={"case_number": "HP-1"},
    numbers=["310101199001010019", "11100000000013338W"],
)


def append(path: Path, at_ms: int, code: Code = Code.OK) -> None:
    log = RequestLog(path)
    asyncio.run(log.append(REQUEST, at_ms, code))
    log.close()


def test_a_line_says_who_asked_why_and_how_many_but_not_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    append(path, 5, Code.GATEWAY_RATE)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "at_ms": 5,
        "call": "ResolveSubjects",
        "key": "01" * 32,
        "system": "counter",
        "reason": {"case_number": "HP-1"},
        "count": 2,
        "numbers": ["310**************9", "111**************W"],
        "code": "GATEWAY_RATE",
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_reopening_appends(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    for at_ms in (1, 2, 3):
        append(path, at_ms)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["at_ms"] for line in lines] == [1, 2, 3]


def test_a_torn_last_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    append(path, 1)
    with path.open("ab") as file:
        file.write(b'{"at_ms":2,"ca')
    append(path, 3)
    first, torn, last = path.read_text(encoding="utf-8").splitlines()
    assert (json.loads(first)["at_ms"], torn, json.loads(last)["at_ms"]) == (1, '{"at_ms":2,"ca', 3)


def test_text_that_is_no_unicode_still_gets_its_line(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    log = RequestLog(path)
    asyncio.run(log.append(Request("x", b"", "s", {}, ["\ud800abcdefgh"]), 1, Code.WRONG_FORM))
    log.close()
    assert json.loads(path.read_text(encoding="utf-8"))["count"] == 1
