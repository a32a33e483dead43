"""A refused peer calls again and again; the log hears of it once a minute."""

from zhenglian_node.engines.cometbft import refusals
from zhenglian_node.engines.cometbft.refusals import Refusals


def test_each_peer_is_news_once_a_minute() -> None:
    said = Refusals()
    heard = [moment for moment in range(0, 181, 5) if said.is_news("aa", float(moment))]
    assert heard == [0, 60, 120, 180]
    assert said.is_news("bb", 181.0)


def test_ever_new_ids_are_forgotten_not_gathered() -> None:
    said = Refusals()
    assert all(said.is_news(f"{number:040x}", 0.0) for number in range(refusals._MAX_IDS + 1))
    assert said.is_news(f"{0:040x}", 1.0)
    assert not said.is_news(f"{refusals._MAX_IDS:040x}", 1.0)
