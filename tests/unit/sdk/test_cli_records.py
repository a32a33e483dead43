"""Licences, materials, cases and disputes as commands make them, without a ledger behind."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.testkit.cli_client import MemoryClient, run_cli
from zhenglian_ledger.codes import Code
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import Matter
from zhenglian_proto.v1.types_pb2 import KIND_MATTER
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.content import compute_file_digests
from zhenglian_sdk.sidecar import compute_sidecar_path, read_sidecar

LICENCE, HOLDER = bytes([1] * 32), bytes([2] * 32)
ISSUE = ("licence", "issue", "--type", "LT.CAFE", "--holder", HOLDER.hex(), "--since", "2024-01-01")
COLLECT = ("material", "collect", "--case", "2026-1", "--type", "MT.MENU", "--holder", HOLDER.hex())


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "file.pdf"
    path.write_bytes(b"content")
    return path


def write_lines(directory: Path, count: int) -> Path:
    lines = []
    for n in range(count):
        (directory / f"{n}.pdf").write_bytes(f"licence {n}".encode())
        lines.append(
            json.dumps({"id": bytes([n + 10] * 32).hex(), "file": f"{n}.pdf", "until": "2030-12-31"})
        )
    path = directory / "licences.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_licence_is_issued_with_the_digests_of_its_file_and_a_sidecar(pdf: Path) -> None:
    client = MemoryClient()
    result = run_cli(client, *ISSUE, "--id", LICENCE.hex(), "--file", pdf, "--until", "2030-12-31")
    assert result.exit_code == Exit.OK, result.output
    licence = client.submitted[0].issue_licence
    sidecar = read_sidecar(pdf)
    assert (sidecar.record, len(sidecar.salt)) == (LICENCE, 32)
    assert compute_file_digests(pdf, sidecar.salt).is_content(licence.content)
    assert (licence.issuing_unit, licence.custodian) == ("huangpu", "huangpu")
    assert list(licence.holders) == [HOLDER]
    assert licence.valid.to_ms == 1_924_876_800_000 + 86_400_000  # the start of 2031


def test_a_sealed_file_is_recorded_without_salt(pdf: Path) -> None:
    client = MemoryClient()
    run_cli(client, *ISSUE, "--id", LICENCE.hex(), "--file", pdf, "--sealed")
    assert not client.submitted[0].issue_licence.content.salted
    assert read_sidecar(pdf).salt == b""


@pytest.mark.parametrize("missing", ["--id", "--file", "--since"])
def test_a_licence_that_lacks_something_is_not_issued(pdf: Path, missing: str) -> None:
    given = [
        "--id",
        LICENCE.hex(),
        "--file",
        str(pdf),
        "--type",
        "T",
        "--holder",
        HOLDER.hex(),
        "--since",
        "2024-01-01",
    ]
    place = given.index(missing)
    client = MemoryClient()
    result = run_cli(client, "licence", "issue", *given[:place], *given[place + 2 :])
    assert result.exit_code == Exit.DATA
    assert missing.removeprefix("--") in result.stderr
    assert client.submitted == []


def test_a_refusal_ends_with_four_and_its_sentence(pdf: Path) -> None:
    client = MemoryClient(judge=lambda _: Code.ISSUER_NOT_LISTED)
    result = run_cli(client, *ISSUE, "--id", LICENCE.hex(), "--file", pdf)
    assert result.exit_code == Exit.REFUSED
    assert "ISSUER_NOT_LISTED" in result.stderr


def test_many_licences_are_issued_from_a_file_and_again_with_the_same_bytes(tmp_path: Path) -> None:
    client, source = MemoryClient(), write_lines(tmp_path, 5)
    arguments = (*ISSUE, "--from", source, "--request-id", "import-1")
    assert run_cli(client, *arguments).exit_code == Exit.OK
    again = run_cli(client, *arguments, "--json")
    assert again.exit_code == Exit.OK, again.output  # other salts would be REQUEST_NOT_IDENTICAL
    assert json.loads(again.stdout)["issued"] == 5
    first, second = client.submitted[:5], client.submitted[5:]
    assert first == second
    assert [each.issue_licence.type for each in first] == ["LT.CAFE"] * 5


def test_a_changed_file_under_the_same_request_is_not_taken_for_the_first(tmp_path: Path) -> None:
    client, source = MemoryClient(), write_lines(tmp_path, 2)
    arguments = (*ISSUE, "--from", source, "--request-id", "import-1")
    run_cli(client, *arguments)
    source.write_text(source.read_text(encoding="utf-8").replace("2030", "2031"), encoding="utf-8")
    result = run_cli(client, *arguments)
    assert result.exit_code == Exit.DATA
    assert "REQUEST_NOT_IDENTICAL" in result.stderr


def test_csv_gives_what_json_lines_give(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"a")
    source = tmp_path / "licences.csv"
    line = f"{LICENCE.hex()},a.pdf,{HOLDER.hex()};{LICENCE.hex()},true"
    source.write_text(f"id,file,holders,sealed\n{line}\n", encoding="utf-8-sig")
    client = MemoryClient()
    assert run_cli(client, *ISSUE, "--from", source).exit_code == Exit.OK
    licence = client.submitted[0].issue_licence
    assert list(licence.holders) == [HOLDER, LICENCE]
    assert not licence.content.salted


def test_each_refused_line_is_named(tmp_path: Path) -> None:
    def judge(operation: Operation) -> Code:
        return Code.IDENTIFIER_REUSED if operation.issue_licence.id[0] == 11 else Code.OK

    source = write_lines(tmp_path, 3)
    result = run_cli(MemoryClient(judge=judge), *ISSUE, "--from", source, "--json")
    assert result.exit_code == Exit.REFUSED
    said = json.loads(result.stdout)
    assert (said["issued"], said["refused"]) == (
        2,
        [{"line": 2, "record": bytes([11] * 32).hex(), "code": "IDENTIFIER_REUSED"}],
    )


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "zz", "file": "0.pdf"}',
        f'{{"id": "{"00" * 32}", "file": "none.pdf"}}',
        '{"colour": "red"}',
        '{"id": 3}',
        "[]",
        "{",
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str) -> None:
    source = write_lines(tmp_path, 1)
    source.write_text(source.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    result = run_cli(MemoryClient(), *ISSUE, "--from", source)
    assert result.exit_code == Exit.DATA
    assert "line 2" in result.stderr


def test_a_collected_material_keeps_its_id_when_the_command_is_repeated(pdf: Path) -> None:
    client = MemoryClient()
    for _ in range(2):
        assert run_cli(client, *COLLECT, pdf, "--request-id", "r-1").exit_code == Exit.OK
    first, second = (operation.collect_material for operation in client.submitted)
    assert first == second
    assert first.id == read_sidecar(pdf).record
    run_cli(client, *COLLECT, pdf, "--again")
    assert client.submitted[-1].collect_material.id == read_sidecar(pdf).record != first.id


def test_a_file_that_is_not_its_sidecars_is_not_collected_in_its_place(pdf: Path) -> None:
    client = MemoryClient()
    run_cli(client, *COLLECT, pdf)
    kept = compute_sidecar_path(pdf).read_bytes()
    pdf.write_bytes(b"another content")
    result = run_cli(client, *COLLECT, pdf)
    assert result.exit_code == Exit.DATA
    assert compute_sidecar_path(pdf).read_bytes() == kept
    assert len(client.submitted) == 1


def test_materials_are_decided_together() -> None:
    client = MemoryClient()
    result = run_cli(client, "material", "accept", LICENCE.hex(), HOLDER.hex())
    assert result.exit_code == Exit.OK
    assert [operation.decide_material.material for operation in client.submitted] == [LICENCE, HOLDER]
    run_cli(client, "material", "accept", LICENCE.hex(), "--event", "reject")
    assert client.submitted[-1].decide_material.event == 2


def test_a_file_is_fetched_under_a_use_or_not_at_all(tmp_path: Path) -> None:
    result = run_cli(
        MemoryClient(), "material", "fetch", LICENCE.hex(), "--out", tmp_path / "x", "--vault", "market-vault"
    )
    assert result.exit_code == Exit.USAGE
    assert "--use" in result.stderr


def test_a_file_is_not_fetched_where_nobody_names_the_vault_or_the_recipient(tmp_path: Path) -> None:
    client, fetch = MemoryClient(), ("material", "fetch", LICENCE.hex(), "--out", tmp_path / "x")
    result = run_cli(client, *fetch, "--use", HOLDER.hex())
    assert result.exit_code == Exit.DATA
    assert "未给出 --vault" in result.stderr
    assert "neither --vault nor [vaults]" in result.stderr
    client.vaults = {"market": "market-vault"}
    result = run_cli(client, *fetch, "--grant", HOLDER.hex())
    assert result.exit_code == Exit.USAGE
    assert "recipient_key_file" in result.stderr


def test_a_case_takes_version_and_promised_day_from_its_matter() -> None:
    client = MemoryClient()
    matter = Matter(id="M.CAFE", version=4, promised_ms=10 * 86_400_000)
    client.objects[KIND_MATTER, "M.CAFE"] = SimpleNamespace(message=matter, is_valid=True)
    arguments = ("case", "open", "2026-1", "--matter", "M.CAFE", "--applicant", HOLDER.hex())
    assert run_cli(client, *arguments).exit_code == Exit.OK
    opened = client.submitted[0].open_case
    assert (opened.matter_version, opened.applicant) == (4, HOLDER)
    assert opened.promised_ms % 86_400_000 == 16 * 3_600_000  # midnight in Shanghai
    run_cli(client, *arguments, "--matter-version", "3", "--promised", "2030-01-01")
    assert client.submitted[1].open_case.matter_version == 3


def test_the_number_of_a_person_is_not_taken_from_the_command_line() -> None:
    client = MemoryClient()
    arguments = ("case", "open", "1", "--matter", "M", "--matter-version", "1", "--promised", "2030-01-01")
    for applicant in ("person:310101199001010010", "someone", "person:"):
        assert run_cli(client, *arguments, "--applicant", applicant).exit_code == Exit.USAGE
    assert client.submitted == []


@pytest.mark.parametrize(
    ("decision", "steps"),
    [("", [4]), ("grant", [2, 4]), ("refuse", [3, 4]), ("withdraw", [5])],
)
def test_a_case_is_closed_with_its_decision(decision: str, steps: list[int]) -> None:
    client = MemoryClient()
    given = ["--decision", decision] if decision else []
    assert run_cli(client, "case", "close", "2026-1", *given).exit_code == Exit.OK
    assert [operation.advance_case.event for operation in client.submitted] == steps


def test_the_operation_at_fault_gives_its_reason_not_its_sibling() -> None:
    def judge(operation: Operation) -> Code:
        return Code.WRONG_STATE if operation.advance_case.event == 4 else Code.ATOMIC_SIBLING_REFUSED

    result = run_cli(MemoryClient(judge=judge), "case", "close", "2026-1", "--decision", "grant")
    assert result.exit_code == Exit.REFUSED
    assert "[WRONG_STATE]" in result.stderr


def test_a_licence_is_revoked_for_a_reason() -> None:
    client = MemoryClient()
    assert run_cli(client, "licence", "revoke", LICENCE.hex()).exit_code == Exit.USAGE
    run_cli(client, "license", "revoke", LICENCE.hex(), "--reason", "rescinded")
    change = client.submitted[0].change_licence
    assert (change.licence, change.event, change.reason) == (LICENCE, 3, 2)


def test_a_dispute_records_the_digest_of_its_statement(pdf: Path) -> None:
    client = MemoryClient()
    arguments = ("dispute", "raise", LICENCE.hex(), "--ground", "wrong_field", "--field", "NAME")
    assert run_cli(client, *arguments, "--statement", pdf).exit_code == Exit.OK
    dispute = client.submitted[0].raise_dispute
    assert (dispute.record, list(dispute.fields)) == (LICENCE, ["NAME"])
    assert dispute.statement == compute_file_digests(pdf).sha256
    run_cli(
        client, "dispute", "clear", dispute.id.hex(), "--resolution", "corrected", "--root-cause", "process"
    )
    assert client.submitted[1].clear_dispute.dispute == dispute.id
