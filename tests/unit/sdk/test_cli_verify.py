"""verify: what is said, in which order, and which exit code a program sees."""

import json
from pathlib import Path

import pytest

from tests.testkit.cli_client import HEIGHT, MemoryClient, build_answer, run_cli
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import (
    Denied,
    InvalidBatch,
    InvalidInput,
    Refused,
    StoreError,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_ledger.verify.sentences import AnswerState
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.sidecar import Sidecar, write_sidecar

RECORD = bytes(range(32))
ID = RECORD.hex()


@pytest.mark.parametrize("state", AnswerState)
def test_only_valid_ends_with_zero_and_only_unknown_with_three(state: AnswerState) -> None:
    special = {AnswerState.VALID: Exit.OK, AnswerState.UNKNOWN: Exit.UNKNOWN}
    result = run_cli(MemoryClient(answer=build_answer(state)), "verify", ID)
    assert result.exit_code == special.get(state, Exit.NEGATIVE)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VerificationFailed(Code.PROOF_WRONG_PATH), Exit.UNPROVEN),
        (VerificationFailed(Code.NODES_DISAGREE), Exit.UNPROVEN),
        (VerificationFailed(Code.PROOF_STALE), Exit.UNKNOWN),
        (VerificationFailed(Code.TRUST_EXPIRED), Exit.UNKNOWN),
        (Denied(Code.ANSWER_MALFORMED, field="x"), Exit.UNPROVEN),
        (Denied(Code.READ_NOT_PERMITTED), Exit.DENIED),
        (Denied(Code.OVERLOADED), Exit.BUSY),
        (Denied(Code.NOT_COMMITTED, reason="x"), Exit.REFUSED),
        (Unreachable(Code.NODE_UNREACHABLE, target="x"), Exit.UNAVAILABLE),
        (Unreachable(Code.DEADLINE), Exit.UNAVAILABLE),
        (Refused(Code.NOT_OWNER), Exit.REFUSED),
        (InvalidBatch(Code.UNKNOWN_KEY), Exit.REFUSED),
        (InvalidInput(Code.TRUST_FILE_INVALID, field="x"), Exit.DATA),
        (InvalidInput(Code.WRONG_PASSPHRASE), Exit.DENIED),
        (StoreError(Code.CONFIG_INVALID, field="x"), Exit.CONFIG),
    ],
)
def test_what_goes_wrong_has_an_exit_code_of_its_own(error: ZhenglianError, code: Exit) -> None:
    result = run_cli(MemoryClient(error=error), "verify", ID)
    assert result.exit_code == code
    assert result.stdout == ""
    assert f"[{error.code.name}]" in result.stderr
    assert error.zh in result.stderr
    assert error.en in result.stderr


def test_the_state_is_the_first_word_and_a_dispute_the_second() -> None:
    answer = build_answer(AnswerState.VALID, disputed=True)
    first = run_cli(MemoryClient(answer=answer), "verify", ID).stdout.splitlines()[0]
    assert first.startswith("VALID DISPUTED")


@pytest.mark.parametrize(
    ("arguments", "env", "zh", "en"),
    [
        ([], {}, 1, 1),
        (["--lang", "both"], {"ZHENGLIAN_LANG": "en"}, 1, 1),
        (["--lang", "zh"], {}, 1, 0),
        ([], {"ZHENGLIAN_LANG": "en"}, 0, 1),
    ],
)
def test_the_language_is_chosen_by_option_then_environment(
    arguments: list[str], env: dict[str, str], zh: int, en: int
) -> None:
    output = run_cli(MemoryClient(), "verify", ID, *arguments, env=env).stdout
    assert (output.count("中文句"), output.count("English sentence")) == (zh, en)


def test_an_unknown_language_is_a_mistake_of_the_command_line() -> None:
    assert run_cli(MemoryClient(), "verify", ID, "--lang", "fr").exit_code == Exit.USAGE
    assert run_cli(MemoryClient(), "verify", ID, env={"ZHENGLIAN_LANG": "fr"}).exit_code == Exit.USAGE


def test_json_is_one_document_of_the_answer_or_of_the_error() -> None:
    said = json.loads(run_cli(MemoryClient(), "verify", ID, "--json").stdout)
    assert (said["state"], said["assurance"], said["disputed"], said["height"]) == (
        "VALID",
        "PROVEN",
        False,
        HEIGHT,
    )
    failed = run_cli(MemoryClient(error=Denied(Code.READ_NOT_PERMITTED)), "verify", ID, "--json")
    assert json.loads(failed.stdout)["error"]["name"] == "READ_NOT_PERMITTED"
    assert failed.stderr == ""


def test_an_id_is_asked_for_by_id_with_purpose_case_and_context() -> None:
    client = MemoryClient()
    run_cli(
        client, "verify", ID, "--purpose", "enforcement", "--case", "2026-1",
        "--staff", "0042", "--channel", "window",
    )  # fmt: skip
    assert client.asked == [{"record": RECORD, "purpose": "enforcement", "case_number": "2026-1"}]
    assert len(client.context.actor) == 32
    assert client.context.channel == 1


def test_a_file_is_handed_over_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "licence.pdf"
    path.write_bytes(b"licence")
    write_sidecar(path, Sidecar(RECORD, bytes(32), bytes(32), bytes(32)))
    client = MemoryClient()
    run_cli(client, "verify", path)
    run_cli(client, "verify", path, "--record", ID, "--salt", ID)
    assert [(each["record"], each["file"], each["salt"]) for each in client.asked] == [
        (b"", path, None),
        (RECORD, path, RECORD),
    ]


def test_what_is_neither_an_id_nor_a_file_is_an_input_that_is_missing() -> None:
    assert run_cli(MemoryClient(), "verify", "0123").exit_code == Exit.INPUT


@pytest.mark.parametrize(
    "arguments", [["--record", "zz"], ["--record", ID], ["--purpose", "curiosity"], ["--passphrase", "x"]]
)
def test_what_cannot_be_meant_ends_before_anything_is_asked(arguments: list[str]) -> None:
    client = MemoryClient()
    assert run_cli(client, "verify", ID, *arguments).exit_code == Exit.USAGE
    assert client.asked == []


def test_without_a_configuration_the_answer_is_which_one_is_missing() -> None:
    result = run_cli(MemoryClient(), "verify", ID, env={"ZHENGLIAN_CONFIG": ""})
    assert result.exit_code == Exit.CONFIG
    assert "ZHENGLIAN_CONFIG" in result.stderr
