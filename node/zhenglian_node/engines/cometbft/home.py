"""The files of a CometBFT home: what CometBFT must find, as text. Nothing here touches a disk.

Its genesis follows from ours, byte by byte, so that no one can hand a node a second truth; its config.toml is
one table of settings; its keys are seeds of ours in its own JSON.

    node id  = address of the network key, lower-case hex     address = first 20 bytes of SHA-256(public key)
"""

import json
import tomllib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import compute_chain_id, compute_genesis_digest
from zhenglian_proto.v1.state_pb2 import Genesis, GenesisValidator

_MANY_PEERS: Final = 6
"""From here on looking at each of them every 5 ms keeps an idle engine busier than it gains in latency."""

APP_VERSION: Final = 1
"""Stands in every header, and in the handshake."""

LOG_LEVEL: Final = "consensus:error,state:error,*:info"
"""Without the dozen lines that each block writes: of those two modules only complaints are read."""

MAX_EVIDENCE_BYTES: Final = 65_536
EVIDENCE_BLOCKS: Final = 100_000
EVIDENCE_NANOSECONDS: Final = 30 * 86_400 * 10**9
FIRST_STATE: Final = '{\n  "height": "0",\n  "round": 0,\n  "step": 0\n}\n'
"""The text of priv_validator_state.json for a key that has signed nothing yet."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PUBLIC_KEY: Final = "tendermint/PubKeyEd25519"
_PRIVATE_KEY: Final = "tendermint/PrivKeyEd25519"

Value = str | int | bool


class Setting(NamedTuple):
    """One line of config.toml, and why it is not CometBFT's own default (empty: it speaks for itself)."""

    name: str
    value: Value
    why: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node: its id in hex and its address (host:port)."""

    node_id: str
    address: str


@dataclass(frozen=True, slots=True)
class Era:
    """What begins another era: its first height, its time and its validators; the app hash goes on.

    `digest` is of what the members agreed on; `max_block_bytes` is the ledger's by now.
    """

    initial_height: int
    time_ms: int
    validators: tuple[GenesisValidator, ...]
    digest: bytes = b""
    max_block_bytes: int = 0


def build_cometbft_genesis(genesis: Genesis, era: Era | None = None) -> str:
    """The text of CometBFT's genesis.json for `genesis`, or for a later era of its ledger."""
    digest = compute_genesis_digest(serialise(genesis))
    max_block_bytes = genesis.parameters.max_block_bytes
    era = era or Era(1, genesis.genesis_time_ms, tuple(genesis.validators))
    fields = {
        "genesis_time": _format_time(era.time_ms),
        "chain_id": compute_chain_id(genesis.name, digest),
        "initial_height": str(era.initial_height),
        "consensus_params": _build_consensus_params(era.max_block_bytes or max_block_bytes),
        "validators": [_build_validator(validator) for validator in era.validators],
        "app_hash": "",
        "app_state": {
            "genesis_digest": digest.hex(),
            **({"era_digest": era.digest.hex()} if era.digest else {}),
        },
    }
    return _format(fields)


def format_config_toml(
    moniker: str, listen: str, peers: Iterable[Peer], *, metrics_port: int = 0, log_level: str = LOG_LEVEL
) -> str:
    """The text of config.toml: others call `listen` (host:port), this one calls `peers`."""
    lines = ["# CometBFT of a zhenglian node 证链. What is not here has CometBFT's own default."]
    tables = _build_settings(moniker, listen, tuple(peers), metrics_port, log_level)
    for table, settings in tables.items():
        lines += ["", *([f"[{table}]"] if table else [])]
        lines += [_format_setting(setting) for setting in settings]
    return "\n".join(lines) + "\n"


def format_node_key(seed: bytes) -> str:
    """The text of node_key.json for a 32-byte seed."""
    return _format({"priv_key": _build_private_key(seed)})


def format_validator_key(seed: bytes) -> str:
    """The text of priv_validator_key.json for a 32-byte seed."""
    public_key = ed25519.compute_public_key(seed)
    return _format(
        {
            "address": compute_address(public_key).hex().upper(),
            "pub_key": _build_public_key(public_key),
            "priv_key": _build_private_key(seed),
        }
    )


def read_node_public_key(text: str) -> bytes:
    """The public key in a node_key.json; raises StoreError(CONFIG_INVALID)."""
    return _read_public_key(text, "node_key.json")


def read_validator_public_key(text: str) -> bytes:
    """The public key in a priv_validator_key.json; raises StoreError(CONFIG_INVALID)."""
    return _read_public_key(text, "priv_validator_key.json")


def read_persistent_peers(text: str) -> list[Peer]:
    """The peers that CometBFT keeps calling, by its config.toml; raises StoreError(CONFIG_INVALID)."""
    try:
        listed = tomllib.loads(text).get("p2p", {}).get("persistent_peers", "")
        pairs = [peer.strip().partition("@") for peer in listed.split(",") if "@" in peer]
    except (ValueError, AttributeError) as error:
        raise StoreError(Code.CONFIG_INVALID, field="config.toml") from error
    return [Peer(node_id.strip(), address.strip()) for node_id, _, address in pairs]


def _build_settings(
    moniker: str, listen: str, peers: tuple[Peer, ...], metrics_port: int, log_level: str
) -> Mapping[str, tuple[Setting, ...]]:
    return {
        "": (
            Setting("version", "0.39.4"),
            Setting("moniker", moniker),
            Setting("proxy_app", "unix://abci.sock", "the application; relative to the directory it runs in"),
            Setting("abci", "socket"),
            Setting("log_level", log_level),
            Setting("log_format", "json"),
            Setting("filter_peers", True, "the application lets in the nodes that stand on the ledger"),
        ),
        "rpc": (
            Setting("laddr", "unix://rpc.sock", "no port: it asks nobody for a name"),
            Setting("max_body_bytes", 4_194_304),
            Setting("unsafe", True, "peers that stay away are called again; the socket is its owner's alone"),
        ),
        "p2p": _build_peer_settings(listen, peers),
        "mempool": (
            Setting("type", "flood"),
            Setting("size", 20_000),
            Setting("max_txs_bytes", 67_108_864),
            Setting("max_tx_bytes", 600_000, "a margin over the largest bundle"),
            Setting("recheck", True, "a recheck is a look-up"),
        ),
        "statesync": (Setting("enable", False, "a new node replays every block itself"),),
        "consensus": (
            Setting("timeout_propose", "800ms", "only felt when the proposer is down"),
            Setting("timeout_propose_delta", "300ms"),
            Setting("timeout_prevote", "300ms"),
            Setting("timeout_precommit", "300ms"),
            Setting("timeout_commit", "50ms", "the one idle wait of a healthy network"),
            Setting("skip_timeout_commit", True, "nobody is waited for once all have signed"),
            Setting("create_empty_blocks", False),
            Setting("create_empty_blocks_interval", "10s", "the heartbeat by which time goes on"),
            Setting(
                "peer_gossip_sleep_duration",
                "5ms" if len(peers) < _MANY_PEERS else "20ms",
                "a look at each peer that often",
            ),
            Setting("double_sign_check_height", 0),
        ),
        "storage": (Setting("discard_abci_responses", True),),
        "tx_index": (Setting("indexer", "null", "the application answers every question"),),
        "instrumentation": (
            Setting("prometheus", metrics_port > 0),
            Setting("prometheus_listen_addr", f"127.0.0.1:{metrics_port}"),
        ),
    }


def _build_peer_settings(listen: str, peers: tuple[Peer, ...]) -> tuple[Setting, ...]:
    return (
        Setting("laddr", f"tcp://{listen}"),
        Setting("persistent_peers", ",".join(f"{peer.node_id}@{peer.address}" for peer in peers)),
        Setting("unconditional_peer_ids", ",".join(peer.node_id for peer in peers)),
        Setting("persistent_peers_max_dial_period", "10s", "so that a healed link is used soon"),
        Setting("pex", False, "nodes are agreed on, not found"),
        Setting("addr_book_strict", False, "private addresses are ordinary ones"),
        Setting("allow_duplicate_ip", True, "several nodes may stand behind one address"),
        Setting("max_num_inbound_peers", 128),
        Setting("max_num_outbound_peers", 128),
        Setting("flush_throttle_timeout", "1ms", "a vote is sent at once"),
        Setting("send_rate", 51_200_000),
        Setting("recv_rate", 51_200_000),
        Setting("max_packet_msg_payload_size", 10_240, "the same on all nodes, else links break"),
    )


def _format_setting(setting: Setting) -> str:
    """JSON's strings, numbers and truth values are TOML's too."""
    line = f"{setting.name} = {json.dumps(setting.value, ensure_ascii=False)}"
    return f"{line}  # {setting.why}" if setting.why else line


def _build_consensus_params(max_block_bytes: int) -> dict[str, object]:
    return {
        "block": {"max_bytes": str(max_block_bytes), "max_gas": "-1"},
        "evidence": {
            "max_age_num_blocks": str(EVIDENCE_BLOCKS),
            "max_age_duration": str(EVIDENCE_NANOSECONDS),
            "max_bytes": str(min(MAX_EVIDENCE_BYTES, max_block_bytes)),
        },
        "validator": {"pub_key_types": ["ed25519"]},
        "version": {"app": str(APP_VERSION)},
        "abci": {"vote_extensions_enable_height": "0"},
    }


def _build_validator(validator: GenesisValidator) -> dict[str, object]:
    return {
        "address": compute_address(validator.public_key).hex().upper(),
        "pub_key": _build_public_key(validator.public_key),
        "power": "1",
        "name": validator.member,
    }


def _build_public_key(public_key: bytes) -> dict[str, str]:
    return {"type": _PUBLIC_KEY, "value": b64encode(public_key).decode("ascii")}


def _build_private_key(seed: bytes) -> dict[str, str]:
    """Go's form of an Ed25519 private key: the seed, then the public key."""
    expanded = seed + ed25519.compute_public_key(seed)
    return {"type": _PRIVATE_KEY, "value": b64encode(expanded).decode("ascii")}


def _read_public_key(text: str, name: str) -> bytes:
    try:
        key = json.loads(text)["priv_key"]
        expanded = b64decode(key["value"], validate=True)
        is_known = key["type"] == _PRIVATE_KEY
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(Code.CONFIG_INVALID, field=name) from error
    if not is_known or len(expanded) != 64 or ed25519.compute_public_key(expanded[:32]) != expanded[32:]:
        raise StoreError(Code.CONFIG_INVALID, field=name)
    return expanded[32:]


def _format_time(time_ms: int) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def _format(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"
