"""Configuration of the identity gateway's process.

listen = "0.0.0.0:7443"
system = "gateway"                    # its registered system
level = 3                             # identity assurance it attests, 1 to 4
genesis = "genesis.json"              # of the network it serves: refused unless SANDBOX
key_file = "sign.key.json"            # SIGN key of the system
passphrase_file = "passphrase"        # or the variable ZHENGLIAN_PASSPHRASE
pseudonym_key_file = "pseudonym.key"  # 64 hex digits
request_log = "requests.jsonl"

[tls]
certificate = "gateway.pem"
key = "gateway.key.pem"
roots = ["ca.pem"]

[rate]                                # identity numbers a calling system
burst = 4096
per_second = 64

[[callers]]                           # who may ask: system and its TRANSPORT key id
system = "huangpu.counter"
key = "…64 hex digits…"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.genesis import parse_genesis
from zhenglian_ledger.genesis_text import parse_genesis_text
from zhenglian_proto.v1.state_pb2 import Mode
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.config import read_config, take_passphrase, take_path, take_tls
from zhenglian_sdk.files import read_genesis_text, read_text
from zhenglian_sdk.identity.pseudonyms import KEY_SIZE

MAX_CALLERS: Final = 4096
MAX_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Everything the process is told; `callers` maps transport key ids to systems."""

    listen: str
    system: str
    level: int
    genesis: Path
    key_file: Path
    passphrase: str = field(repr=False)
    pseudonym_key: bytes = field(repr=False)
    request_log: Path
    tls: TlsFiles
    burst: int
    per_second: int
    callers: Mapping[bytes, str]


def read_service_config(path: Path) -> ServiceConfig:
    """The configuration in the file at `path`.

    Raises StoreError(CONFIG_INVALID) naming the field, InvalidInput(FILE_NOT_FOUND).
    """
    reader = read_config(path)
    base = path.parent
    rate = reader.take_object("rate")
    config = ServiceConfig(
        listen=reader.take_text("listen", 255),
        system=reader.take_text("system", MAX_NAME),
        level=reader.take_integer("level", 1, 4),
        genesis=take_path(reader, "genesis", base),
        key_file=take_path(reader, "key_file", base),
        passphrase=take_passphrase(reader, base),
        pseudonym_key=_read_pseudonym_key(reader, base),
        request_log=take_path(reader, "request_log", base),
        tls=take_tls(reader, base),
        burst=rate.take_integer("burst", 1, 1 << 32),
        per_second=rate.take_integer("per_second", 1, 1 << 32),
        callers=_take_callers(reader),
    )
    rate.finish()
    reader.finish()
    return config


def read_genesis_mode(path: Path) -> Mode:
    """The mode in the reviewed genesis at `path`.

    Raises FILE_NOT_FOUND, GENESIS_INVALID, or STORE_OTHER_RULES where the network has other rules.
    """
    return parse_genesis(parse_genesis_text(read_genesis_text(path))).mode


def _read_pseudonym_key(reader: FieldReader, base: Path) -> bytes:
    text = read_text(take_path(reader, "pseudonym_key_file", base), Code.CONFIG_INVALID).removesuffix("\n")
    fields = FieldReader({"pseudonym_key": text}, Code.CONFIG_INVALID, kind=StoreError)
    return fields.take_bytes("pseudonym_key", [KEY_SIZE])


def _take_callers(reader: FieldReader) -> dict[bytes, str]:
    callers = {}
    for caller in reader.take_objects("callers", MAX_CALLERS):
        callers[caller.take_bytes("key", [32])] = caller.take_text("system", MAX_NAME)
        caller.finish()
    return callers
