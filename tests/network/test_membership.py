"""Who takes part changes while the network works: a node joins, validators come and go.

Everything is decided by votes of the members through their offices; what a vote must not do is refused, and
the network goes on as if nothing had been asked.
"""

import signal
from pathlib import Path

import pytest

from tests.testkit.network import Network, Victim, wait_until
from tests.testkit.network_load import NetworkLoad, verify_disks
from tests.testkit.newcomer import Newcomer, adopt
from zhenglian import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_node.engines.cometbft.home import read_validator_public_key
from zhenglian_sdk.builders import governance

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]


def get_validator_key(network: Network, number: int) -> bytes:
    """The public key with which that node makes blocks."""
    cometbft = network.nodes[number].config.cometbft
    assert cometbft is not None
    return read_validator_public_key(cometbft.validator_key.read_text(encoding="utf-8"))


def get_validator_count(network: Network) -> int:
    """Of the newest header that the first node shows."""
    status = network.nodes[0].get_status()
    return 0 if status is None else len(status.anchor.light_block.validator_set.validators)


def is_linked(network: Network, newcomer: Newcomer) -> bool:
    """Whether the first node has the newcomer's as a peer."""
    status = network.nodes[0].get_status()
    assert status is not None
    return newcomer.request.node_id in {peer.node_id for peer in status.health.peers}


def test_a_member_is_admitted_its_node_joins_under_load_and_makes_blocks(tmp_path: Path) -> None:
    with Network.create(tmp_path / "net", districts=3, validators=4) as network:
        network.start()
        newcomer = Newcomer.create(tmp_path / "newcomer", network)
        load = NetworkLoad(network.nodes, senders=1)
        with load.running():
            load.wait_for(8)
            assert adopt(network, newcomer.admission) == [Code.OK]
            node = newcomer.accept()
            network.nodes.append(node)
            node.start()
            reached = min(network.get_heights(network.nodes[:4]))
            load.wait_for(8)
            assert not is_linked(network, newcomer), "let in before the vote"
            assert adopt(network, newcomer.permission) == [Code.OK]
            wait_until("the newcomer is let in", lambda: is_linked(network, newcomer), network.describe)
            wait_until(
                "the newcomer has caught up", lambda: network.get_heights([node])[0] >= reached,
                network.describe,
            )  # fmt: skip
            assert adopt(network, newcomer.candidacy) == [Code.OK]
            wait_until("five validators", lambda: get_validator_count(network) == 5, network.describe)
            network.nodes[1].kill(Victim.BOTH)
            load.wait_for(8)  # four of five are enough, and not without the newcomer's vote
            network.nodes[1].start()
            load.wait_for(4)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)


def test_validators_change_by_vote_and_what_must_fail_fails(tmp_path: Path) -> None:
    stranger = ed25519.compute_public_key(bytes(32))
    with Network.create(tmp_path / "net", departments=1, districts=4, validators=5) as network:
        network.start()
        keys = [get_validator_key(network, number) for number in range(6)]
        remove, add = governance.remove_validator, governance.add_validator
        leaving, joining = network.nodes[4], network.nodes[5]
        load = NetworkLoad(network.nodes[:4], senders=1)
        with load.running():
            # Two changes of the set in one block: the first is made, the second may be voted on again.
            assert adopt(network, remove(keys[4]), add(keys[5], member=joining.member)) == [
                Code.OK,
                Code.VALIDATOR_CHANGE_IN_BLOCK,
            ]
            wait_until("four validators", lambda: get_validator_count(network) == 4, network.describe)
            assert adopt(network, remove(keys[3])) == [Code.TOO_FEW_VALIDATORS]
            assert adopt(network, remove(stranger)) == [Code.VALIDATOR_UNKNOWN]
            assert adopt(network, add(keys[0], member=network.nodes[0].member)) == [Code.VALIDATOR_EXISTS]
            assert adopt(network, add(keys[5], member=joining.member)) == [Code.OK]
            wait_until("five validators again", lambda: get_validator_count(network) == 5, network.describe)
            load.wait_for(4)
            leaving.end(signal.SIGKILL)  # its vote is needed no more
            network.nodes[3].kill(Victim.APP)  # four of the five new ones are
            load.wait_for(6)
            network.start([leaving, network.nodes[3]])
            load.wait_for(4)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)
