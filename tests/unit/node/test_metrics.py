"""What a node counts: by code and method, on the loopback interface, and never by whom."""

from urllib.request import urlopen

from tests.testkit.node_home import find_free_port
from zhenglian_ledger.codes import Code
from zhenglian_node.metrics import Metrics


def test_the_counters_are_served_on_loopback() -> None:
    metrics = Metrics()
    metrics.watch(lambda: 7.0, lambda: 2.0)
    metrics.count_batch(Code.OK, 0.05)
    metrics.count_batch(Code.REPLAYED, 0.01)
    metrics.count_query("GetPlan", 0.002)
    metrics.count_refusal("GetTrace", Code.READ_NOT_PERMITTED)
    server = metrics.serve(find_free_port())
    try:
        with urlopen(f"http://127.0.0.1:{server.port}/") as answer:
            text = answer.read().decode()
    finally:
        server.close()
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


def test_two_nodes_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.count_query("GetStatus", 0.001)
    assert second.registry.get_sample_value("zhenglian_queries_total", {"method": "GetStatus"}) is None
