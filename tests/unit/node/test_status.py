"""What `status` shows: every value in the languages asked for, and members by name where they are known."""

import shutil
import time
from pathlib import Path

import pytest

from zhenglian_node.cli.network.local import LocalPlan, create_local_network
from zhenglian_node.cli.output import LANGUAGES, Output
from zhenglian_node.cli.status import build_fields, build_screen, read_expected
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.config import NodeConfig, read_config
from zhenglian_proto.v1.node_pb2 import NodeHealth, NodeStatus, PeerHealth, ValidatorHealth

HERE, AWAY = b"h" * 20, b"a" * 20
EXPECTED = {HERE.hex(): "centre", AWAY.hex(): "department-01"}


@pytest.fixture
def status() -> NodeStatus:
    """A node that is behind, misses a peer and a vote, and whose clock is a little off."""
    health = NodeHealth(
        reasons=[Reason.BEHIND.code],
        peers=[PeerHealth(node_id=HERE, address="10.0.0.1:26656", height=8)],
        peers_expected=2,
        validators=[
            ValidatorHealth(address=b"1" * 20, member="centre", signed_last=True),
            ValidatorHealth(address=b"2" * 20, member="department-01"),
        ],
        own_validator=b"2" * 20,
        disk_free_bytes=50 << 30,
        disk_reserve_bytes=1 << 30,
        hours_left=240,
        clock_skew_ms=-1_730,
    )
    return NodeStatus(chain_id="example-00", height=8, provable_height=8, health=health)


def show(status: NodeStatus, languages: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    screen = Output()
    screen.languages = languages
    screen.table(build_screen(status, EXPECTED))
    return capsys.readouterr().out


def test_one_language_is_one_language(status: NodeStatus, capsys: pytest.CaptureFixture[str]) -> None:
    english, chinese = show(status, ("en",), capsys), show(status, ("zh",), capsys)
    assert english.isascii() or "…" in english
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)
    for part in ("not in the newest commit: department-01", "missing: department-01", "50.0 GiB free",
                 "10 days", "the node is behind its peers", "clock skew: -2 s ±1 s"):  # fmt: skip
        assert part in english
    for part in (
        "不在最新提交中：department-01",
        "未连接：department-01",
        "剩余 50.0 GiB",
        "10 天",
        "落后于其他节点",
    ):
        assert part in chinese
    assert not {"yes", "free", "missing", "peers", "height"} & set(chinese.split())


def test_both_languages_say_what_is_the_same_once(
    status: NodeStatus, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = show(status, LANGUAGES, capsys)
    assert "链标识 / chain_id: example-00\n" in shown
    assert "落后于其他节点 / the node is behind its peers" in shown


def test_machines_are_told_who_is_missing(status: NodeStatus) -> None:
    assert build_fields(status, EXPECTED)["peers_missing"] == ["department-01"]


def test_peers_are_named_by_peers_json_and_else_by_their_address(tmp_path: Path) -> None:
    plan = LocalPlan(departments=0, districts=1, validators=2)
    create_local_network(tmp_path / "net", plan, int(time.time() * 1000))
    config: NodeConfig = read_config(tmp_path / "net" / "nodes" / "centre")
    assert list(read_expected(config).values()) == ["district-310101"]
    shutil.copy(config.genesis, config.peers)
    (address,) = read_expected(config).values()
    assert address.startswith("127.0.0.1:")
