"""Which peers are let in: by the ledger, and by this node's own list where the ledger knows nothing yet."""

import pytest

from tests.testkit.ledger_objects import CENTRE
from tests.testkit.node_kit import SoloChain, build_genesis
from tests.testkit.state_edits import put_rows
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.peers import is_peer_allowed
from zhenglian_node.engines.cometbft.home import Peer, format_config_toml, read_persistent_peers
from zhenglian_node.storage.memory import MemoryStore
from zhenglian_proto.v1.governance_pb2 import NetworkNode
from zhenglian_proto.v1.state_pb2 import STANDING_RETIRED, AdministeredState
from zhenglian_proto.v1.types_pb2 import KIND_NODE

REGISTERED, LATER, STRANGER = (bytes([number]) * 20 for number in (1, 2, 3))
CONFIGURED = frozenset({REGISTERED, LATER})


def ask(chain: SoloChain, node_id: bytes) -> bool:
    return is_peer_allowed(chain.application, f"id/{node_id.hex()}", CONFIGURED)


def test_a_joiner_calls_peers_that_were_let_in_after_the_state_it_has() -> None:
    node = NetworkNode(node_id=REGISTERED, member=CENTRE)
    chain = SoloChain(MemoryStore(), build_genesis(node))
    assert [ask(chain, node_id) for node_id in (REGISTERED, LATER, STRANGER)] == [True, True, False]
    assert not is_peer_allowed(chain.application, f"id/{LATER.hex()}"), "it is nobody's peer here"


def test_a_node_that_was_removed_is_refused_even_where_it_is_configured() -> None:
    store = MemoryStore()
    chain = SoloChain(store, build_genesis(NetworkNode(node_id=REGISTERED, member=CENTRE)))
    index = chain.application._build_state().get_index(KIND_NODE, REGISTERED)
    assert index is not None
    retired = serialise(AdministeredState(standing=STANDING_RETIRED))
    put_rows(chain.application, store, {rows.state_key(KIND_NODE, index): retired})
    assert not ask(chain, REGISTERED)


def test_everybody_is_let_in_where_no_node_was_ever_registered() -> None:
    chain = SoloChain(MemoryStore())
    assert ask(chain, STRANGER)


def test_the_peers_a_node_keeps_calling_are_read_from_its_settings() -> None:
    peers = [Peer("01" * 20, "node-1:26656"), Peer("02" * 20, "[2001:db8::1]:26656")]
    assert read_persistent_peers(format_config_toml("here", "0.0.0.0:26656", peers)) == peers
    assert read_persistent_peers(format_config_toml("here", "0.0.0.0:26656", [])) == []
    assert read_persistent_peers("") == []


@pytest.mark.parametrize("text", ["[p2p", "p2p = 3", "[p2p]\npersistent_peers = 3"])
def test_settings_that_cannot_be_read_are_an_error(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        read_persistent_peers(text)
    assert caught.value.code == Code.CONFIG_INVALID
