"""What a node counts: by code and method, and never by whom."""

from zhenglian_ledger.codes import Code
from zhenglian_node.metrics import HEALTH_GAUGES, Metrics
from zhenglian_proto.v1.node_pb2 import NodeHealth, PeerHealth, ValidatorHealth


def test_what_was_counted_is_shown_by_code_and_method() -> None:
    metrics = Metrics()
    metrics.watch(lambda: 7.0, lambda: 2.0)
    metrics.count_batch(Code.OK, 0.05)
    metrics.count_batch(Code.REPLAYED, 0.01)
    metrics.count_query("GetPlan", 0.002)
    metrics.count_refusal("GetTrace", Code.READ_NOT_PERMITTED)
    text = metrics.format().decode()
    for line in (
        'zhenglian_batches_total{code="OK"} 1.0',
        'zhenglian_batches_total{code="REPLAYED"} 1.0',
        'zhenglian_queries_total{method="GetPlan"} 1.0',
        'zhenglian_refused_calls_total{code="READ_NOT_PERMITTED",method="GetTrace"} 1.0',
        "zhenglian_height 7.0",
        "zhenglian_waiting_batches 2.0",
        "zhenglian_commit_seconds_count 1.0",
    ):
        assert line in text, line


def test_what_the_watcher_saw_is_shown_and_what_is_unknown_is_no_number() -> None:
    metrics = Metrics()
    health = NodeHealth(
        ready=True, header_age_ms=1_500, peers_expected=3, disk_free_bytes=5, disk_reserve_bytes=2,
        peers=[PeerHealth(height=9), PeerHealth(height=12)],
        validators=[ValidatorHealth(signed_last=True), ValidatorHealth()],
    )  # fmt: skip
    metrics.show(health, is_stalled=True)
    text = metrics.format().decode()
    for line in (
        "zhenglian_ready 1.0", "zhenglian_stalled 1.0", "zhenglian_header_age_seconds 1.5",
        "zhenglian_peers 2.0", "zhenglian_peers_expected 3.0", "zhenglian_peer_height 12.0",
        "zhenglian_validators 2.0",
        "zhenglian_validators_signed 1.0", "zhenglian_disk_free_bytes 5.0", "zhenglian_disk_days_left NaN",
        "zhenglian_clock_skew_seconds NaN", "zhenglian_catching_up 0.0",
    ):  # fmt: skip
        assert line in text, line
    health.hours_left, health.clock_skew_ms = 36, -250
    metrics.show(health, is_stalled=False)
    assert "zhenglian_disk_days_left 1.5" in metrics.format().decode()
    assert "zhenglian_clock_skew_seconds -0.25" in metrics.format().decode()
    assert all(f"zhenglian_{name} " in text for name in HEALTH_GAUGES)


def test_two_nodes_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.count_query("GetStatus", 0.001)
    assert second.registry.get_sample_value("zhenglian_queries_total", {"method": "GetStatus"}) is None
