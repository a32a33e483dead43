"""The ABCI socket: replies in the order of requests, connections beside each other, no guesses."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.abci_client import AbciClient, serving
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft.abci_server import ConnectionLost
from zhenglian_proto.v1 import abci_pb2 as abci


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 30))


def echo(request: abci.Request) -> abci.Response:
    """Echoes; the message "slow" takes its time, "fault" is a bug, "refuse" an error of ours."""
    message = request.echo.message
    if message == "slow":
        time.sleep(0.05)
    if message == "fault":
        raise KeyError("110101199003078515")
    if message == "refuse":
        raise StoreError(Code.GENESIS_MISMATCH)
    if request.WhichOneof("value") == "flush":
        return abci.Response(flush=abci.ResponseFlush())
    return abci.Response(echo=abci.ResponseEcho(message=message))


def test_replies_come_in_the_order_of_requests_however_long_each_takes(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (_, path), AbciClient(path) as client:
            messages = [
                name for number in range(50) for name in ("slow" if not number % 10 else "", str(number))
            ]
            for message in messages:
                client.write(echo=abci.RequestEcho(message=message))
            client.write(flush=abci.RequestFlush())
            assert [(await client.read()).echo.message for _ in messages] == messages
            assert (await client.read()).WhichOneof("value") == "flush"

    run(story())


def test_one_connection_does_not_wait_for_another(tmp_path: Path) -> None:
    async def story() -> None:
        release = threading.Event()

        def handle(request: abci.Request) -> abci.Response:
            if request.echo.message == "block":
                assert release.wait(10)
            return echo(request)

        async with serving(handle, tmp_path) as (_, path), AbciClient(path) as one, AbciClient(path) as other:
            one.write(echo=abci.RequestEcho(message="block"))
            for number in range(20):
                assert (await other.call(echo=abci.RequestEcho(message=str(number)))).echo.message == str(
                    number
                )
            release.set()
            assert (await one.read()).echo.message == "block"

    run(story())


def test_a_message_of_megabytes_passes_whole(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (_, path), AbciClient(path) as client:
            large = "x" * (5 << 20)
            assert (await client.call(echo=abci.RequestEcho(message=large))).echo.message == large

    run(story())


def test_a_fault_ends_the_peer_and_the_server_and_tells_no_secret(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path), AbciClient(path) as client:
            reply = await client.call(echo=abci.RequestEcho(message="fault"))
            assert reply.exception.error == Code.INTERNAL.en
            said = b""
            with suppress(ConnectionResetError):  # where the server had not read the Flush
                while byte := await client.reader.read(1):
                    said += byte
            assert said == b"", "and nothing more is said"
            with pytest.raises(StoreError) as caught:
                await server.wait()
            assert caught.value.code == Code.ENGINE_FAILED

    run(story())


def test_an_error_of_ours_is_what_waiting_raises(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path), AbciClient(path) as client:
            reply = await client.call(echo=abci.RequestEcho(message="refuse"))
            assert reply.exception.error == Code.GENESIS_MISMATCH.en
            with pytest.raises(StoreError) as caught:
                await server.wait()
            assert caught.value.code == Code.GENESIS_MISMATCH

    run(story())


def test_bytes_that_are_no_message_are_final(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path), AbciClient(path) as client:
            client.writer.write(b"\xff" * 20)
            assert (await client.read()).WhichOneof("value") == "exception"
            with pytest.raises(StoreError):
                await server.wait()

    run(story())


def test_a_connection_that_was_used_and_ends_is_final(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path):
            async with AbciClient(path) as client:
                await client.call(echo=abci.RequestEcho(message="hi"))
            with pytest.raises(ConnectionLost):
                await server.wait()

    run(story())


def test_a_connection_that_asked_nothing_may_go(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path), AbciClient(path) as client:
            async with AbciClient(path):
                pass
            await client.call(echo=abci.RequestEcho(message="hi"))
            await server.stop()
            await server.wait()

    run(story())


def test_a_request_is_answered_though_no_flush_follows(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(echo, tmp_path) as (_, path), AbciClient(path) as client:
            client.write(echo=abci.RequestEcho(message="hi"))
            assert (await client.read()).echo.message == "hi"

    run(story())


def test_a_stop_waits_for_the_request_under_way_and_for_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        begun, release, handled = threading.Event(), threading.Event(), []

        def handle(request: abci.Request) -> abci.Response:
            handled.append(request.echo.message)
            begun.set()
            assert release.wait(10)
            return echo(request)

        async with serving(handle, tmp_path) as (server, path), AbciClient(path) as client:
            for message in ("first", "second", "third"):
                client.write(echo=abci.RequestEcho(message=message))
            await asyncio.to_thread(begun.wait, 10)
            stop = asyncio.create_task(server.stop())
            await asyncio.sleep(0)
            assert not stop.done()
            release.set()
            await stop
            await server.wait()
            assert handled == ["first"]

    run(story())


def test_a_connection_that_cannot_be_served_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        async with serving(echo, tmp_path) as (server, path):
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", refuse)
                async with AbciClient(path) as client:
                    assert await client.reader.read() == b""
            with pytest.raises(StoreError) as caught:
                await server.wait()
            assert caught.value.code == Code.ENGINE_FAILED

    run(story())
