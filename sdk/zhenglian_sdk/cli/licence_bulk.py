"""licence issue --from: many licences from a file, resumed by repeating the command with its request id.

The batches are cut in the order of the file, and each salt is in the sidecar of its file, so the same file
makes the same batches again and what was issued before is found, not issued twice.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, ZhenglianError
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.cli.licence_fields import LicenceFields, build_licence, resolve_licences
from zhenglian_sdk.cli.recorded_files import RecordedFile, store_file
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.receipts import OperationResult, Receipt
from zhenglian_sdk.files import read_bytes


async def issue_file(
    client: AsyncClient,
    screen: Screen,
    source: Path,
    defaults: LicenceFields,
    *,
    vault: str,
    request_id: str | None,
) -> Exit | None:
    """Every line of `source` is issued or refused, and each refusal is shown with its line.

    Raises InvalidInput(INPUT_INVALID) naming the line, before anything is sent for what is not readable.
    """
    lines = [
        _with_line(n, line, defaults, source.parent) for n, line in enumerate(read_lines(source), start=1)
    ]
    licences = await resolve_licences(client, lines)
    unit = await client.session.get_unit()
    recorded: list[RecordedFile] = []
    with screen.progress("制发", "issuing", len(licences)) as advance:
        receipts = await client.submit_all(
            _build(licences, unit, recorded),
            request_prefix=request_id,
            report=lambda progress: advance(progress.operations),
        )
    if not all(receipt.identical for receipt in receipts):
        raise InvalidInput(Code.REQUEST_NOT_IDENTICAL)
    results = [result for receipt in receipts for result in receipt.results]
    if vault:
        await _store(client, screen, vault, recorded, results)
    return _show(screen, receipts, results, recorded)


def read_lines(source: Path) -> list[dict[str, object]]:
    """The lines of a JSON-lines or (with headings) CSV file; raises INPUT_INVALID, FILE_NOT_FOUND."""
    try:
        text = read_bytes(source).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(Code.INPUT_INVALID, what=f"{source}: UTF-8") from error
    if source.suffix.lower() == ".csv":
        try:
            return [dict(row) for row in csv.DictReader(io.StringIO(text), strict=True, restkey="+")]
        except csv.Error as error:
            raise InvalidInput(Code.INPUT_INVALID, what=f"{source}: {error}") from error
    lines = []
    for n, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(Code.INPUT_INVALID, what=f"第 {n} 行 line {n}: {error}") from error
        if not isinstance(fields, dict):
            raise InvalidInput(Code.INPUT_INVALID, what=f"第 {n} 行 line {n}")
        lines.append(fields)
    return lines


def _with_line(n: int, line: dict[str, object], defaults: LicenceFields, base: Path) -> LicenceFields:
    try:
        return defaults.with_line(line, base)
    except ZhenglianError as error:
        raise _wrong_line(n, error) from error


def _build(licences: Sequence[LicenceFields], unit: str, recorded: list[RecordedFile]) -> Iterator[Operation]:
    """The operations one by one as they are sent; what was built is in `recorded`, in order."""
    for n, licence in enumerate(licences, start=1):
        try:
            operation, file = build_licence(licence, unit)
        except ZhenglianError as error:
            raise _wrong_line(n, error) from error
        recorded.append(file)
        yield operation


async def _store(
    client: AsyncClient,
    screen: Screen,
    vault: str,
    recorded: Sequence[RecordedFile],
    results: Sequence[OperationResult],
) -> None:
    accepted = [
        file for file, result in zip(recorded, results, strict=True)
        if result.is_accepted
    ]  # fmt: skip
    with screen.progress("入库", "storing", len(accepted)) as advance:
        for n, file in enumerate(accepted, start=1):
            await store_file(client, vault, file)
            advance(n)


def _show(
    screen: Screen,
    receipts: Sequence[Receipt],
    results: Sequence[OperationResult],
    recorded: Sequence[RecordedFile],
) -> Exit | None:
    refused = [
        (n, result, file)
        for n, (result, file) in enumerate(zip(results, recorded, strict=True), start=1)
        if not result.is_accepted
    ]
    issued = len(results) - len(refused)
    screen.say(f"已制发 {issued} 件，被拒绝 {len(refused)} 件", f"{issued} issued, {len(refused)} refused")
    headings = (Sentence("行", "line"), Sentence("文件", "file"), Sentence("拒绝原因", "refused because"))
    if refused:
        rows = [(n, str(file.hashed.path), Sentence(result.zh, result.en)) for n, result, file in refused]
        screen.table(headings, rows)
    screen.json(
        {
            "issued": issued,
            "refused": [
                {"line": n, "record": file.record.hex(), "code": result.code.name}
                for n, result, file in refused
            ],
            "records": [file.record.hex() for file in recorded],
            "height": max((receipt.height for receipt in receipts), default=0),
        }
    )
    return Exit.REFUSED if refused else None


def _wrong_line(n: int, error: ZhenglianError) -> InvalidInput:
    return InvalidInput(Code.INPUT_INVALID, what=f"第 {n} 行 line {n}: {error.zh} / {error.en}")
