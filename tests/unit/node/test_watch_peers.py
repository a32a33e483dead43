"""Peers that stay away are called, each in its time, and those that are there are left alone."""

from typing import Final

from zhenglian_node.cli.watch.peers import PATIENCE_S, PeerCalls
from zhenglian_node.engines.cometbft.network_view import NetworkView, PeerView

FIRST, SECOND = bytes(19) + b"\x01", bytes(19) + b"\x02"
ADDRESSES: Final = {FIRST.hex(): "10.0.0.1:26656", SECOND.hex(): "10.0.0.2:26656"}


def see(*node_ids: bytes) -> NetworkView:
    return NetworkView(tuple(PeerView(node_id, "", 0) for node_id in node_ids))


def test_a_peer_gets_its_time_before_it_is_called() -> None:
    calls = PeerCalls(ADDRESSES, 100.0)
    assert calls.find_due(see(FIRST), 100.0 + PATIENCE_S - 1) == []
    assert calls.find_due(see(FIRST), 100.0 + PATIENCE_S) == [f"{SECOND.hex()}@10.0.0.2:26656"]


def test_a_peer_that_was_called_gets_its_time_again() -> None:
    calls = PeerCalls(ADDRESSES, 0.0)
    assert len(calls.find_due(see(), PATIENCE_S)) == 2
    assert calls.find_due(see(), PATIENCE_S + 1) == []
    assert len(calls.find_due(see(), 2 * PATIENCE_S)) == 2


def test_a_peer_that_was_there_is_away_only_from_when_it_left() -> None:
    calls = PeerCalls(ADDRESSES, 0.0)
    assert calls.find_due(see(FIRST, SECOND), 50.0) == []
    assert calls.find_due(see(SECOND), 50.0 + PATIENCE_S - 1) == []
    assert calls.find_due(see(SECOND), 50.0 + PATIENCE_S) == [f"{FIRST.hex()}@10.0.0.1:26656"]
