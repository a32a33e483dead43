"""Lines that CometBFT v0.39.4 wrote, and the one error each of them becomes."""

import json

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_node.engines.cometbft.diagnosis import MAX_REASON, SIGNS, diagnose, find_failure, parse_line

TIME = "2026-11-21|15:58:51.770"
FAILURE = (
    f"E[{TIME}] CONSENSUS FAILURE!!!                         module=consensus "
    'err="{reason}" stack="goroutine 53 [running]:\\nruntime/debug.Stack()\\n\\t/usr/local/go/src"'
)
EMPTY_SET = (
    "failed to apply block; error commit failed for application: changing validator set: applying the "
    "validator changes would result in empty set"
)
INVALID = "+2/3 committed an invalid block: wrong Block.Header.AppHash.  Expected AA, got BB"
FOREIGN_PROPOSAL = (
    f"E[{TIME}] prevote step: consensus deems this block invalid; prevoting nil "
    'module=consensus height=7 round=0 err="wrong Block.Header.AppHash.  Expected AA, got BB"'
)

CASES: dict[str, tuple[str, Code, dict[str, object]]] = {
    "another program has the p2p port": (
        "ERROR: failed to start node: listen tcp 127.0.0.1:36656: bind: address already in use",
        Code.PORT_TAKEN,
        {"port": 36656},
    ),
    "another CometBFT has the databases": (
        "ERROR: failed to create node: failed to initialize database: resource temporarily unavailable",
        Code.ENGINE_LEFT_OVER,
        {},
    ),
    "another CometBFT has the socket": (
        "ERROR: failed to listen on rpc.sock: listen unix rpc.sock: bind: address already in use",
        Code.ENGINE_LEFT_OVER,
        {"what": "rpc.sock"},
    ),
    "the disk is full": (
        "panic: write data/cs.wal/wal: no space left on device",
        Code.DISK_LOW,
        {},
    ),
    "the network has another app hash": (
        FAILURE.format(reason=INVALID),
        Code.APP_HASH_DIFFERS,
        {"what": INVALID},
    ),
    "replaying gives another app hash": (
        "panic: state.AppHash does not match AppHash after replay. Got",
        Code.APP_HASH_DIFFERS,
        {},
    ),
    "the store is newer than CometBFT's data": (
        "ERROR: error during handshake: error on replay: app block height (9) is higher than core (3)",
        Code.ENGINE_DATA_INVALID,
        {},
    ),
    "the signing state is cut short": (
        "Error reading PrivValidator state from data/priv_validator_state.json: unexpected end of JSON input",
        Code.VALIDATOR_STATE_UNSAFE,
        {},
    ),
    "the signing state is missing": (
        "open /srv/home/cometbft/data/priv_validator_state.json: no such file or directory",
        Code.VALIDATOR_STATE_UNSAFE,
        {},
    ),
    "the signing state is newer than the block": (
        FAILURE.format(
            reason="non-recoverable error when signing vote: height regression. Got 3, last height 9"
        ),
        Code.VALIDATOR_STATE_UNSAFE,
        {},
    ),
    "a file belongs to somebody else": (
        "panic: open data/priv_validator_state.json: permission denied",
        Code.HOME_UNWRITABLE,
        {"path": "data/priv_validator_state.json"},
    ),
    "the genesis cannot be read": (
        "ERROR: failed to create node: couldn't read GenesisDoc file: open config/genesis.json: no such file",
        Code.GENESIS_MISMATCH,
        {},
    ),
    "the configuration is no TOML": (
        "ERROR: While parsing config: toml: expected character =",
        Code.CONFIG_INVALID,
        {"field": "While parsing config: toml: expected character ="},
    ),
    "a value in the configuration has a wrong type": (
        "ERROR: decoding failed due to the following error(s):",
        Code.CONFIG_INVALID,
        {},
    ),
    "a database is damaged": (
        "ERROR: failed to initialize database: leveldb/storage: corrupted or incomplete meta file",
        Code.ENGINE_DATA_INVALID,
        {},
    ),
    "the validator set would be empty": (
        FAILURE.format(reason=EMPTY_SET),
        Code.CONSENSUS_FAILED,
        {"reason": EMPTY_SET},
    ),
    "something that nobody foresaw": (
        "ERROR: failed to start node: the moon is in the wrong house",
        Code.ENGINE_ENDED,
        {"reason": "failed to start node: the moon is in the wrong house"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_complaint_becomes_one_error(name: str) -> None:
    line, code, fields = CASES[name]
    error = diagnose(
        [f"I[{TIME}] service start   module=main", line, f"I[{TIME}] Closing blockstore  module=main"]
    )
    assert (error.code, {**error.fields, **fields}) == (code, error.fields)
    assert error.zh
    assert "{" not in error.en


def test_every_row_of_the_table_is_met_by_a_case_or_says_why_not() -> None:
    met = {CASES[name][1] for name in CASES}
    assert {sign.code for sign in SIGNS} - met == {
        Code.ENGINE_OTHER_VERSION
    }  # its line comes from peers only


def test_a_wrong_proposal_of_a_peer_is_no_reason_when_something_fatal_came_later() -> None:
    lines = [FOREIGN_PROPOSAL, "ERROR: failed to start node: listen tcp :1: bind: address already in use"]
    assert diagnose(lines).code == Code.PORT_TAKEN


def test_the_last_complaint_of_the_log_counts_where_nothing_fatal_was_written() -> None:
    full = f'E[{TIME}] failed to write to the WAL  module=consensus err="write wal: no space left on device"'
    assert diagnose([FOREIGN_PROPOSAL, full]).code == Code.DISK_LOW


def test_what_it_says_about_others_and_at_every_stop_is_no_reason() -> None:
    stopped = f"E[{TIME}] Stopped accept routine, as transport is closed module=p2p numPeers=0"
    assert diagnose([FOREIGN_PROPOSAL, stopped]).code == Code.ENGINE_ENDED


def test_silence_is_an_end_without_a_reason() -> None:
    error = diagnose([])
    assert (error.code, error.en) == (Code.ENGINE_ENDED, "CometBFT has ended")


def test_a_go_stack_is_not_read_as_a_reason() -> None:
    lines = ["panic: something broke", "", "goroutine 1 [running]:", "main.corrupted()", "\t/src/main.go:52"]
    error = diagnose(lines)
    assert (error.code, error.fields["reason"]) == (Code.ENGINE_ENDED, "something broke")


def test_a_consensus_failure_is_found_while_the_process_still_runs() -> None:
    assert (
        find_failure([f"I[{TIME}] executed block module=state", FAILURE.format(reason=EMPTY_SET)])
        == EMPTY_SET
    )
    assert find_failure([FOREIGN_PROPOSAL]) is None


def test_a_complaint_is_quoted_without_its_stack_and_cut() -> None:
    assert parse_line(FAILURE.format(reason='a \\"b\\"')).complaint == 'a "b"'
    assert len(parse_line("panic: " + "x" * 999).complaint) == MAX_REASON + 1


def test_the_log_reads_the_same_in_json() -> None:
    plain = FAILURE.format(reason=INVALID)
    line = json.dumps(
        {"_msg": "CONSENSUS FAILURE!!!", "err": INVALID, "level": "error", "stack": "goroutine 1"}
    )
    assert parse_line(line) == parse_line(plain)._replace(message="CONSENSUS FAILURE!!!")
    assert diagnose([line]).fields == diagnose([plain]).fields == {"what": INVALID}
    assert parse_line('{"_msg": "executed block", "level": "info"}') == ("info", "executed block", "")


@pytest.mark.parametrize("line", ["{", '{"level": 1', "{}", "[]", "E[", "\x00\x01"])
def test_a_torn_line_is_quoted_as_it_is(line: str) -> None:
    assert parse_line(line).message == line.strip()
