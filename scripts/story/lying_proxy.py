"""A program between a system and its node that alters answers: `python -m story.lying_proxy CONFIG`.

It has a certificate of the node's own member and passes calls on as a registered relay, so every caller
that trusts the channel alone would believe it. Which lie it tells stands in a file that is read at every
call. It can alter what it hands on, but nothing that is proven.

listen = "127.0.0.1:7700"      # what callers take for the node
node = "127.0.0.1:7443"
lie = "lie.txt"                # one of LIES, or empty: hand everything on as it is

[server]                       # shown to callers: certificate, key, roots
[relay]                        # shown to the node
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc
from grpc import aio

from zhenglian_ledger.field_reader import FieldReader
from zhenglian_ledger.merkle.status import CHUNK_STATUSES
from zhenglian_proto.v1 import node_pb2
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.config import read_config, take_path
from zhenglian_sdk.serving import build_server, read_server_credentials, serve_until_stopped

SERVICE: Final = node_pb2.DESCRIPTOR.services_by_name["Node"]


@dataclass(frozen=True, slots=True)
class Config:
    """Where to listen, where the node is, where the lie stands, and both certificates."""

    listen: str
    node: str
    lie: Path
    server: TlsFiles
    relay: TlsFiles


class Lie(NamedTuple):
    """The call it is told in, and what it does to the answer.

    `alter` is also given the answer that was handed on unaltered before, the same one where there was none.
    """

    method: str
    alter: Callable[[Any, Any], None]


class Liar:
    """The handlers: bytes in, the node's bytes out, altered as the lie has it."""

    def __init__(self, channel: aio.Channel, lie: Path, lies: Mapping[str, Lie]) -> None:
        """Hand on over `channel`; the file `lie` names one of `lies`."""
        self._channel = channel
        self._lie = lie
        self._lies = lies
        self._earlier: dict[str, bytes] = {}

    def build_handler(self) -> "grpc.GenericRpcHandler[Any, Any]":
        """All methods of the service."""
        handlers = {
            method.name: grpc.unary_unary_rpc_method_handler(self._build_method(method.name))
            for method in SERVICE.methods
        }
        return grpc.method_handlers_generic_handler(SERVICE.full_name, handlers)

    def _build_method(self, name: str) -> Callable[[bytes, Any], Any]:
        hand_on = self._channel.unary_unary(
            f"/{SERVICE.full_name}/{name}", request_serializer=None, response_deserializer=None
        )

        async def serve(request: bytes, context: Any) -> bytes:  # noqa: ANN401
            try:
                reply: bytes = await hand_on(request, timeout=30)
            except aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "", error.trailing_metadata() or ())
            return self._alter(name, reply)

        return serve

    def _alter(self, method: str, reply: bytes) -> bytes:
        lie = self._lies.get(self._lie.read_text(encoding="utf-8").strip())
        if lie is None or lie.method != method:
            self._earlier[method] = reply
            return reply
        answer_type: Any = getattr(node_pb2, SERVICE.methods_by_name[method].output_type.name)
        answer = answer_type.FromString(reply)
        lie.alter(answer, answer_type.FromString(self._earlier.get(method, reply)))
        return bytes(answer.SerializeToString())


def revive(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The status of the record reads VALID, and what ended it is not mentioned."""
    status = answer.record.status
    place = status.index % CHUNK_STATUSES
    chunk = bytearray(status.chunk)
    chunk[place // 2] &= 0x0F if place % 2 else 0xF0
    status.chunk = bytes(chunk)
    answer.record.ClearField("change")
    answer.ClearField("disputes")


def hide_last_entry(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """The newest entry of the trace is left out, and its count with it."""
    if answer.elements:
        del answer.elements[-1]
        answer.proof.count -= 1


def promise_exemption(answer: node_pb2.PlanAnswer, _earlier: node_pb2.PlanAnswer) -> None:
    """Whatever is still to be done is called exempt."""
    for row in answer.rows:
        row.verdict = node_pb2.VERDICT_EXEMPT


def show_another_record(answer: node_pb2.RecordAnswer, earlier: node_pb2.RecordAnswer) -> None:
    """The record is the one that was asked for before, under today's header."""
    earlier.anchor.CopyFrom(answer.anchor)
    answer.CopyFrom(earlier)


LIES: Final[dict[str, Lie]] = {
    "revived": Lie("GetRecord", revive),
    "another record": Lie("GetRecord", show_another_record),
    "hidden entry": Lie("GetTrace", hide_last_entry),
    "false exemption": Lie("GetPlan", promise_exemption),
}
"""Each lie of the story by its name."""


def read_proxy_config(path: Path) -> Config:
    """The configuration in the file at `path`; raises StoreError(CONFIG_INVALID)."""
    reader = read_config(path)
    config = Config(
        listen=reader.take_text("listen", 255),
        node=reader.take_text("node", 255),
        lie=take_path(reader, "lie", path.parent),
        server=_take_files(reader, "server", path.parent),
        relay=_take_files(reader, "relay", path.parent),
    )
    reader.finish()
    return config


def _take_files(reader: FieldReader, name: str, base: Path) -> TlsFiles:
    table = reader.take_object(name)
    files = TlsFiles(
        take_path(table, "certificate", base),
        take_path(table, "key", base),
        (take_path(table, "roots", base),),
    )
    table.finish()
    return files


async def serve_lies(config: Config, lies: Mapping[str, Lie]) -> None:
    """Serve until told to stop."""
    async with open_channel(config.node, read_channel_credentials(config.relay)) as channel:
        server = build_server()
        server.add_generic_rpc_handlers((Liar(channel, config.lie, lies).build_handler(),))
        await serve_until_stopped(
            server,
            config.listen,
            read_server_credentials(config.server),
            lambda port: print(f"listening on port {port}", flush=True),
        )


if __name__ == "__main__":
    asyncio.run(serve_lies(read_proxy_config(Path(sys.argv[1])), LIES))
