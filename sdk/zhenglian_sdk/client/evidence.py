"""Evidence of a fork: the file that a client writes when it has met two trusted headers of one height.

While it lies in the state directory nothing of that chain is trusted: which history the members go on with is
for people to decide. A new trust file says it, and trust begins anew from there. The file proves itself
(`verify_evidence`), so it can be handed to every member.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.trustfile import MAX_CHAIN_ID, MAX_TIME_MS
from zhenglian_ledger.verify.fork import verify_fork
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_sdk.files import read_text, write_atomically

FORMAT: Final = "zhenglian-fork"
VERSION: Final = 1
MAX_BLOCK: Final = 1 << 17
"""Bytes of the largest light block that is kept: of 128 validators, a quarter of it."""

_PRIVATE: Final = 0o600
_NOBODY: Final = "-"
_MAX_TARGET: Final = 255


@dataclass(frozen=True, slots=True)
class Shown:
    """A light block, and the node that showed it; empty if not known."""

    light_block: LightBlock
    shown_by: str = ""

    @property
    def header_hash(self) -> bytes:
        """The hash of its header, 32 bytes."""
        return compute_header_hash(self.light_block.signed_header.header)

    @property
    def height(self) -> int:
        """The height of its header."""
        return self.light_block.signed_header.header.height


@dataclass(frozen=True, slots=True)
class Fork:
    """Two trusted blocks of one height, found at `time_ms` by whoever began with `grown_from`."""

    chain_id: str
    grown_from: bytes
    first: Shown
    second: Shown
    time_ms: int

    def build_error(self, path: Path | None = None) -> VerificationFailed:
        """PROOF_FORK, naming the height, both headers and, where known, who showed them and the evidence."""
        sides = [f"{side.header_hash.hex()}@{side.shown_by or _NOBODY}" for side in (self.first, self.second)]
        height = self.first.height
        zh, en = f"高度{height}，{sides[0]}，{sides[1]}", f"height {height}: {sides[0]} and {sides[1]}"
        return VerificationFailed(
            Code.PROOF_FORK,
            what=f"{zh} {en}",
            height=height,
            first=self.first.header_hash.hex(),
            second=self.second.header_hash.hex(),
            **({"evidence": str(path)} if path else {}),
        )


def verify_evidence(fork: Fork) -> None:
    """The evidence proves itself; raises as `verify_fork`."""
    verify_fork(fork.chain_id, fork.first.light_block, fork.second.light_block)


def write_evidence(path: Path, fork: Fork) -> None:
    """The evidence is on disk at `path`, which had none."""
    fields: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": fork.chain_id,
        "grown_from": fork.grown_from.hex(),
        "height": fork.first.height,
        "time_ms": fork.time_ms,
        "first": _build_side(fork.first),
        "second": _build_side(fork.second),
    }
    write_atomically(path, encode_json(fields).encode(), mode=_PRIVATE)


def read_evidence(path: Path) -> Fork:
    """The evidence at `path`, not yet verified; raises InvalidInput: FILE_NOT_FOUND, TRUST_FILE_INVALID."""
    reader = parse_json(read_text(path, Code.TRUST_FILE_INVALID), Code.TRUST_FILE_INVALID)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    fork = Fork(
        chain_id=reader.take_text("chain_id", MAX_CHAIN_ID),
        grown_from=reader.take_bytes("grown_from", [32]),
        time_ms=reader.take_integer("time_ms", 0, MAX_TIME_MS),
        first=_take_side(reader.take_object("first")),
        second=_take_side(reader.take_object("second")),
    )
    reader.take_constant("height", fork.first.height)
    reader.finish()
    return fork


def take_light_block(reader: FieldReader, name: str) -> LightBlock:
    """A light block written as hex; raises as `reader` does."""
    try:
        return LightBlock.FromString(reader.take_bytes(name, range(MAX_BLOCK)))
    except DecodeError as error:
        raise reader.wrong(name) from error


def format_light_block(light_block: LightBlock) -> str:
    """A light block as hex."""
    return light_block.SerializeToString(deterministic=True).hex()


def _build_side(side: Shown) -> dict[str, object]:
    return {
        "shown_by": side.shown_by or _NOBODY,
        "header_hash": side.header_hash.hex(),
        "light_block": format_light_block(side.light_block),
    }


def _take_side(reader: FieldReader) -> Shown:
    shown_by = reader.take_text("shown_by", _MAX_TARGET)
    side = Shown(take_light_block(reader, "light_block"), "" if shown_by == _NOBODY else shown_by)
    if reader.take_bytes("header_hash", [32]) != side.header_hash:
        raise reader.wrong("header_hash")
    reader.finish()
    return side
