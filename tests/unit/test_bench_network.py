"""`scripts/bench network`, its pure parts: percentiles, shares, scaling, transactions and the plot."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.network.figures import build_latencies, compute_percentile, share
from benchmarks.network.kvstore import build_transaction, copy_homes
from benchmarks.network.plot import Point, compute_ceiling, draw_plot
from benchmarks.network.processes import Spent
from benchmarks.report import cost, rate, scale_rates

POINTS = [
    Point(1, 9_000.0, 60.0),
    Point(4, 5_200.0, 120.0),
    Point(7, 2_100.0, 240.0),
    Point(10, 900.0, 420.0),
]


def test_a_percentile_is_one_of_the_values_by_nearest_rank() -> None:
    values = [40.0, 10.0, 30.0, 20.0]
    assert [compute_percentile(values, percent) for percent in (25, 26, 50, 75, 95, 100)] == [
        10.0, 20.0, 20.0, 30.0, 40.0, 40.0,
    ]  # fmt: skip
    assert compute_percentile([7.0], 50) == 7.0


@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 100])
def test_a_percentile_has_just_so_many_values_not_above_it(count: int) -> None:
    values = [float(number) for number in range(count)]
    for percent in (50, 95):
        found = compute_percentile(values, percent)
        at_most = sum(value <= found for value in values)
        below = sum(value < found for value in values)
        assert 100 * at_most >= percent * count > 100 * below


def test_only_the_median_has_a_target() -> None:
    median, late = build_latencies("single", "submit", [100.0, 200.0, 300.0], 150.0)
    assert (median.measured, median.target, median.ratio) == (200.0, 150.0, 0.75)
    assert (late.measured, late.target, late.ratio) == (300.0, None, None)


def test_a_share_is_per_cent_and_no_machine_changes_its_target() -> None:
    figure = share("bulk", "bytes, of kvstore's", 1.5, 6.0, 20.0)
    assert (figure.measured, figure.target, figure.ratio) == (25.0, 20.0, 1.25)
    assert scale_rates([figure], 1_000.0) == [figure]


def test_a_rate_is_held_against_the_machine_and_a_cost_is_not() -> None:
    fast, slow = scale_rates(
        [rate("a", "b", "1/s", 4_000.0, 5_000.0), cost("a", "c", "ms", 100.0, 150.0)], 11_000.0
    )
    assert (fast.target, fast.ratio) == (2_500.0, 1.6)
    assert (slow.target, slow.ratio) == (150.0, 1.5)


def test_what_was_spent_since_is_told_apart() -> None:
    assert Spent(5.0, 4.0, 3.0).since(Spent(1.0, 1.0, 1.0)) == Spent(4.0, 3.0, 2.0)


def test_a_transaction_for_kvstore_has_its_size_and_one_equals_sign() -> None:
    transactions = [build_transaction(number, 4_096) for number in range(8)]
    assert {len(transaction) for transaction in transactions} == {4_096}
    assert all(tx.count(b"=") == 1 and b":" not in tx for tx in transactions)
    assert len({transaction.partition(b"=")[0] for transaction in transactions}) == 8


def test_the_copies_of_homes_differ_in_application_and_state_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    config = 'moniker = "a"\nproxy_app = "unix://abci.sock"  # why\n\n[mempool]\nsize = 20000\n'
    (home / "config" / "config.toml").write_text(config, encoding="utf-8")
    (home / "config" / "genesis.json").write_text(
        '{"chain_id": "c", "app_state": {"x": 1}}', encoding="utf-8"
    )
    (home / "config" / "node_key.json").write_text("{}", encoding="utf-8")
    (copy,) = copy_homes([home], tmp_path / "copies")
    assert (copy / "config" / "config.toml").read_text(encoding="utf-8") == config.replace(
        '"unix://abci.sock"  # why', '"kvstore"'
    )
    assert (copy / "config" / "genesis.json").read_text(encoding="utf-8") == '{"chain_id": "c"}'
    assert (copy / "config" / "node_key.json").read_text(encoding="utf-8") == "{}"
    assert '"height": "0"' in (copy / "data" / "priv_validator_state.json").read_text(encoding="ascii")
    assert (home / "config" / "config.toml").read_text(encoding="utf-8") == config


@pytest.mark.parametrize(
    ("largest", "ceiling"), [(0.25, 0.3), (1.0, 1.0), (420.0, 600.0), (9_000.0, 10_000.0), (2_100.0, 3_000.0)]
)
def test_an_axis_ends_at_a_round_number(largest: float, ceiling: float) -> None:
    assert compute_ceiling(largest) == pytest.approx(ceiling)


def test_the_plot_is_one_svg_with_a_mark_and_a_number_for_each_point() -> None:
    root = ET.fromstring(draw_plot(POINTS, ["two cores & their clients", "a < b"]))
    name = "{http://www.w3.org/2000/svg}"
    circles = root.findall(f"{name}circle")
    texts = [text.text for text in root.findall(f"{name}text")]
    assert len(circles) == 2 * len(POINTS)
    assert {"9,000", "420", "two cores & their clients", "a < b"} <= set(texts)
    assert all(texts.count(str(point.validators)) >= 2 for point in POINTS)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert all(0 < float(c.attrib["cx"]) < width and 0 < float(c.attrib["cy"]) < height for c in circles)


def test_higher_stands_higher_and_more_validators_stand_further_right() -> None:
    root = ET.fromstring(draw_plot(POINTS, []))
    circles = root.findall("{http://www.w3.org/2000/svg}circle")[: len(POINTS)]
    x, y = ([float(circle.attrib[name]) for circle in circles] for name in ("cx", "cy"))
    assert x == sorted(x)
    assert y == sorted(y)
    assert len(set(y)) == len(POINTS)
