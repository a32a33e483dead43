"""Client: the same client, blocking, for programs that know no event loop.

The loop runs in a thread of its own; every method waits there and hands on what its asynchronous twin returns
or raises. Methods may be called from any thread, except that of the loop.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from zhenglian_proto.v1.operation_pb2 import Context
from zhenglian_sdk.actors import Actors
from zhenglian_sdk.agency import AgencyConfig, Passphrase
from zhenglian_sdk.client.client import AsyncClient, connect_async
from zhenglian_sdk.client.nodes import Incident
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.identity.gateway import IdentityGateway
from zhenglian_sdk.signer import Signer

P = ParamSpec("P")
T = TypeVar("T")


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        """The loop is running."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="zhenglian-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns or raises; an interrupt here cancels it there."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def block(self, method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
        """`method` as a function that waits."""

        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return self.run(method(*args, **kwargs))

        call.__name__, call.__doc__ = getattr(method, "__name__", "call"), method.__doc__
        return call

    def stop(self) -> None:
        """The loop and its thread have ended."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Client:
    """A system's client, blocking. Use it as a context, or close it.

    Every method is that of `AsyncClient`; what is not here is done with the twin in `asynchronous` through
    `run`.
    """

    def __init__(self, thread: LoopThread, asynchronous: AsyncClient) -> None:
        """Stand on a client that was made in `thread`."""
        self._thread = thread
        self.asynchronous = asynchronous
        twin, block = asynchronous, thread.block
        self.run = thread.run
        # writing
        self.submit = block(twin.submit)
        self.submit_all = block(twin.submit_all)
        self.get_receipt = block(twin.get_receipt)
        # reading
        self.verify = block(twin.verify)
        self.plan = block(twin.plan)
        self.get_object = block(twin.get_object)
        self.get_grant = block(twin.get_grant)
        self.get_status = block(twin.get_status)
        self.get_nodes = block(twin.get_nodes)
        self.trace_subject = block(twin.trace_subject)
        self.trace_grant = block(twin.trace_grant)
        self.trace_record = block(twin.trace_record)
        self.trace_unit = block(twin.trace_unit)
        self.trace_actor = block(twin.trace_actor)
        # grants and uses
        self.complete_grant = twin.complete_grant
        self.give_grant = block(twin.give_grant)
        self.prepare_grant_change = block(twin.prepare_grant_change)
        self.change_grant = block(twin.change_grant)
        self.revoke_grant = block(twin.revoke_grant)
        self.open_use = block(twin.open_use)
        self.present = block(twin.present)
        self.compute_present_target = block(twin.compute_present_target)
        self.rely = block(twin.rely)
        self.close_use = block(twin.close_use)
        self.get_use = block(twin.get_use)
        self.connect_vault = block(twin.connect_vault)
        self.fetch = block(twin.fetch)

    @property
    def chain_id(self) -> str:
        """The chain that the trust file names."""
        return self.asynchronous.chain_id

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What was wrong with nodes so far, oldest first, also where another answered; the last hundred."""
        return self.asynchronous.incidents

    @property
    def answered_by(self) -> str:
        """The node (host:port) that gave the newest answer; empty before the first."""
        return self.asynchronous.answered_by

    @property
    def gateway(self) -> IdentityGateway:
        """The identity gateway, asynchronous: `client.run(client.gateway.resolve_subjects(…))`."""
        return self.asynchronous.gateway

    def get_actors(self) -> Actors:
        """The unit's actor pseudonyms; raises StoreError(CONFIG_INVALID) where no key is configured."""
        return self.run(self.asynchronous.get_actors())

    def set_context(self, context: Context) -> None:
        """Operations without a context of their own are made under `context` from now on."""
        self.asynchronous.set_context(context)

    def close(self) -> None:
        """Trust is on disk, every channel is closed and the loop has ended."""
        try:
            self.run(self.asynchronous.close())
        finally:
            self._thread.stop()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def connect(
    config: Path | str | AgencyConfig,
    *,
    passphrase: Passphrase = None,
    signer: Signer | None = None,
    options: Options | None = None,
) -> Client:
    """A blocking client as the configuration says; raises as `connect_async`."""
    thread = LoopThread()
    try:
        twin = thread.run(connect_async(config, passphrase=passphrase, signer=signer, options=options))
    except BaseException:
        thread.stop()
        raise
    return Client(thread, twin)
