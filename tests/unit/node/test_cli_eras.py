"""`zhenglian-node era` on stopped nodes: what it makes, what it refuses, and that it may be repeated."""

import json
from pathlib import Path

import pytest

from tests.testkit.era_homes import draft, join, request_node, run_node_command
from tests.testkit.ledger_objects import CENTRE, HUANGPU
from tests.testkit.node_home import SandboxHome
from zhenglian_ledger.codes import Code
from zhenglian_ledger.eras import compute_era_digest, parse_era_file
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.json_text import encode_json
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_node.cli.eras.drafting import open_ledger
from zhenglian_node.cli.eras.homes import set_data_aside
from zhenglian_node.cli.exits import Exit
from zhenglian_node.config import build_cometbft_config
from zhenglian_node.engines.cometbft.home import FIRST_STATE
from zhenglian_node.engines.solo.block_maker import BlockMaker, SoloValidator
from zhenglian_proto.v1.eras_pb2 import BeginEra


@pytest.fixture
def solo(tmp_path: Path) -> SandboxHome:
    """A solo node that made one block and was stopped."""
    home = SandboxHome.create(tmp_path / "solo")
    make_block(home)
    return home


def make_block(home: SandboxHome) -> None:
    with open_ledger(home.config.store) as application:
        validator = application.genesis.validators[0].public_key
        maker = BlockMaker(application, SoloValidator(validator, lambda _: bytes(64)))
        maker.recover()
        maker.make_block((), application.genesis.genesis_time_ms + 1_000)


def read_era(path: Path) -> BeginEra:
    return parse_era_file(path.read_text(encoding="utf-8"))


def begin(era: Path, home: SandboxHome, *arguments: str) -> int:
    return run_node_command("era", "begin", era, "--home", home.config.home, "--json", *arguments).code


def test_a_draft_goes_on_from_where_the_store_ends(solo: SandboxHome, tmp_path: Path) -> None:
    path, peers, digest = draft(solo.config.home, tmp_path, request_node(tmp_path / "centre", CENTRE))
    era = read_era(path)
    with open_ledger(solo.config.store) as application:
        assert era.previous_app_hash == application.committed.head.app_hash
        assert era.first_height == application.committed.head.height + 1
        assert not application.is_era_pending
    assert (era.min_validators, era.max_validators, len(era.validators)) == (1, 128, 1)
    assert compute_era_digest(era).hex() == digest
    assert CENTRE in peers.read_text(encoding="utf-8")


def test_an_era_is_begun_once_and_for_all_and_that_may_be_repeated(solo: SandboxHome, tmp_path: Path) -> None:
    path, _, digest = draft(solo.config.home, tmp_path, request_node(tmp_path / "centre", CENTRE))
    for _ in range(2):
        assert begin(path, solo, "--digest", digest) == Exit.OK
    trust = parse_trust_file(solo.config.trust.read_text(encoding="utf-8"))
    era = read_era(path)
    assert (trust.anchor.era, trust.anchor.height) == (1, era.first_height - 1)
    assert trust.app_hash == era.previous_app_hash
    with pytest.raises(StoreError) as caught:
        make_block(solo)
    assert caught.value.code is Code.CONFIG_INVALID


@pytest.mark.parametrize("arguments", [(), ("--digest", "00" * 32)])
def test_without_agreement_nothing_begins(
    solo: SandboxHome, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path, _, _ = draft(solo.config.home, tmp_path, request_node(tmp_path / "centre", CENTRE))
    trust = solo.config.trust.read_bytes()
    assert begin(path, solo, *arguments) == Exit.DATA
    assert solo.config.trust.read_bytes() == trust
    make_block(solo)


def test_a_file_that_lies_about_the_ledger_is_refused(solo: SandboxHome, tmp_path: Path) -> None:
    path, _, _ = draft(solo.config.home, tmp_path, request_node(tmp_path / "centre", CENTRE))
    fields = json.loads(path.read_text(encoding="utf-8"))
    for field in ("previous_header_hash", "previous_app_hash"):
        path.write_text(encode_json(fields | {field: "00" * 32}), encoding="utf-8")
        assert begin(path, solo, "--yes") == Exit.DATA
    path.write_text("{}", encoding="utf-8")
    assert begin(path, solo, "--yes") == Exit.DATA
    make_block(solo)


def test_a_draft_that_the_ledger_outran_is_refused(solo: SandboxHome, tmp_path: Path) -> None:
    path, _, _ = draft(solo.config.home, tmp_path, request_node(tmp_path / "centre", CENTRE))
    make_block(solo)
    assert begin(path, solo, "--yes") == Exit.DATA


def test_a_node_joins_with_a_copy_and_the_copied_store_is_left_alone(
    solo: SandboxHome, tmp_path: Path
) -> None:
    requests = [request_node(tmp_path / name, name) for name in (CENTRE, HUANGPU)]
    path, peers, _ = draft(solo.config.home, tmp_path, *requests)
    assert begin(path, solo, "--yes") == Exit.OK
    homes = [join(request, solo.config.store, peers, solo) for request in requests]
    for home in homes:
        assert home.config.cometbft is not None
        genesis = json.loads(home.config.cometbft.genesis.read_text(encoding="utf-8"))
        era = read_era(path)
        assert genesis["initial_height"] == str(era.first_height)
        assert genesis["app_state"]["era_digest"] == compute_era_digest(era).hex()
        assert len(genesis["validators"]) == 2
        assert home.config.trust.read_bytes() == solo.config.trust.read_bytes()
        with open_ledger(home.config.store) as application:
            assert application.is_era_pending
            assert application.info().height == 0
    again = run_node_command(
        "era", "join", "--home", homes[0].config.home, "--store", solo.config.store, "--peers", peers
    )
    assert again.code == Exit.EXISTS


def test_nobody_joins_with_a_store_that_begins_no_era(solo: SandboxHome, tmp_path: Path) -> None:
    request = request_node(tmp_path / "centre", CENTRE)
    _, peers, _ = draft(solo.config.home, tmp_path, request)
    arguments = ("--home", request.parent / "node", "--store", solo.config.store, "--peers", peers)
    assert run_node_command("era", "join", *arguments).code == Exit.DATA
    missing = ("--home", request.parent / "node", "--store", tmp_path / "nowhere", "--peers", peers)
    assert run_node_command("era", "join", *missing).code == Exit.STORE


def test_nobody_joins_under_another_validator_key_than_the_one_agreed_on(
    solo: SandboxHome, tmp_path: Path
) -> None:
    path, peers, _ = draft(solo.config.home, tmp_path, request_node(tmp_path / "first", CENTRE))
    assert begin(path, solo, "--yes") == Exit.OK
    other = request_node(tmp_path / "second", CENTRE)
    ran = run_node_command(
        "era", "join", "--home", other.parent / "node", "--store", solo.config.store, "--peers", peers
    )
    assert Code.JOIN_REQUEST_CHANGED.name in ran.err


def test_former_data_is_set_aside_but_what_the_key_signed_last_stays(tmp_path: Path) -> None:
    files = build_cometbft_config(tmp_path)
    data = files.validator_state.parent
    (data / "blockstore.db").mkdir(parents=True)
    files.validator_state.write_text('{"height": "7"}', encoding="utf-8")
    for _ in range(2):
        set_data_aside(files, BeginEra(era=1))
    assert [path.name for path in data.iterdir()] == [files.validator_state.name]
    assert files.validator_state.read_text(encoding="utf-8") == '{"height": "7"}'
    assert (data.with_name("data.before-era-1") / "blockstore.db").is_dir()


def test_fresh_data_needs_no_setting_aside(tmp_path: Path) -> None:
    files = build_cometbft_config(tmp_path)
    files.validator_state.parent.mkdir(parents=True)
    files.validator_state.write_text(FIRST_STATE, encoding="utf-8")
    set_data_aside(files, BeginEra(era=1))
    assert [path.name for path in files.home.iterdir()] == ["data"]
