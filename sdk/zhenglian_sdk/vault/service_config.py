"""Configuration of a vault's process.

listen = "0.0.0.0:7444"
unit = "market"                           # whose vault it is: the custodian in its records
system = "market-vault"                   # its registered system
store = "store"                           # made if missing
trust = "network.trust.json"              # trust file
trust_state = "trust"                     # folder: how far trust has come
key_file = "sign.key.json"                # SIGN key of the system: it closes uses
content_key_file = "content.key.json"     # ENCRYPT key: everything is sealed under it, so keep a copy of it
passphrase_file = "passphrase"            # of both key files, or the variable ZHENGLIAN_PASSPHRASE
max_staleness_ms = 30000                  # may be left out: how old a header may be
release_window_ms = 600000                # may be left out: how long an opening is served, as in the genesis

[tls]
certificate = "vault.pem"
key = "vault.key.pem"
roots = ["centre.ca.pem", "huangpu.ca.pem"]   # CAs of the members whose systems call, and of the node's

[node]
target = "node.centre.example:7440"
server_name = "node-1"                    # may be left out: the name in the node's certificate
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.genesis import DEFAULT_PARAMETERS
from zhenglian_ledger.verify.anchor import MAX_STALENESS_MS
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.config import read_config, take_passphrase, take_path, take_tls

MAX_NAME: Final = 64
RELEASE_WINDOW_MS: Final[int] = DEFAULT_PARAMETERS.release_window_ms
MAX_DURATION_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Everything the process is told."""

    listen: str
    unit: str
    system: str
    store: Path
    trust: Path
    trust_state: Path
    key_file: Path
    content_key_file: Path
    passphrase: str = field(repr=False)
    max_staleness_ms: int
    release_window_ms: int
    tls: TlsFiles
    node_target: str
    node_server_name: str


def read_service_config(path: Path) -> ServiceConfig:
    """The configuration in the file at `path`.

    Raises StoreError(CONFIG_INVALID) naming the field, InvalidInput(FILE_NOT_FOUND).
    """
    reader = read_config(path)
    base = path.parent
    node = reader.take_object("node")
    config = ServiceConfig(
        listen=reader.take_text("listen", 255),
        unit=reader.take_text("unit", MAX_NAME),
        system=reader.take_text("system", MAX_NAME),
        store=take_path(reader, "store", base),
        trust=take_path(reader, "trust", base),
        trust_state=take_path(reader, "trust_state", base),
        key_file=take_path(reader, "key_file", base),
        content_key_file=take_path(reader, "content_key_file", base),
        passphrase=take_passphrase(reader, base),
        max_staleness_ms=_take_duration(reader, "max_staleness_ms", MAX_STALENESS_MS),
        release_window_ms=_take_duration(reader, "release_window_ms", RELEASE_WINDOW_MS),
        tls=take_tls(reader, base),
        node_target=node.take_text("target", 255),
        node_server_name=node.take_text("server_name", 255) if node.has("server_name") else "",
    )
    node.finish()
    reader.finish()
    return config


def _take_duration(reader: FieldReader, name: str, usual: int) -> int:
    return reader.take_integer(name, 1_000, MAX_DURATION_MS) if reader.has(name) else usual
