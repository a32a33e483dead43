"""The node's one port: the service, gRPC's standard health service, and reflection if the operator wants it.

Every connection needs a certificate of a member's CA. Health says SERVING while the node should be asked, no
longer and no earlier; what is served is decided by `service`, who may connect by `credentials`.
"""

from collections.abc import Sequence
from typing import Final

from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.api.credentials import LiveCredentials
from zhenglian_node.api.edge import Edge
from zhenglian_node.api.service import SERVICE_NAME, build_handler
from zhenglian_node.config import NodeConfig

MAX_RECEIVED_BYTES: Final = 4 << 20
"""Above it the transport hangs up by itself; below, the service answers with a code."""

MAX_SENT_BYTES: Final = 8 << 20
"""What clients take in one message."""

GRACE_SECONDS: Final = 5.0
HARD_LIMIT: Final = 4
"""The transport turns calls away at so many times the service's own limit."""

_OPTIONS: Final[Sequence[tuple[str, int]]] = (
    ("grpc.max_receive_message_length", MAX_RECEIVED_BYTES),
    ("grpc.max_send_message_length", MAX_SENT_BYTES),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 20_000),
)


class NodeServer:
    """The API of one node on one port."""

    def __init__(self, edge: Edge, credentials: LiveCredentials, config: NodeConfig) -> None:
        """Nobody can connect yet.

        Raises StoreError(CONFIG_INVALID, field="listen") if the port cannot be had.
        """
        self._edge = edge
        self._shown: health_pb2.HealthCheckResponse.ServingStatus | None = None
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs lack it
        self._server = aio.server(
            options=list(_OPTIONS),
            maximum_concurrent_rpcs=config.limits.concurrent_calls * HARD_LIMIT,
        )
        self._server.add_generic_rpc_handlers((build_handler(edge),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if config.reflection:
            names = (SERVICE_NAME, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)
        host, _, _ = config.listen.rpartition(":")
        try:
            self.address = f"{host}:{self._server.add_secure_port(config.listen, credentials.build())}"
        except RuntimeError as error:
            raise StoreError(Code.CONFIG_INVALID, field=f"listen ({config.listen})") from error

    async def start(self, *, is_ready: bool = True) -> None:
        """Calls are answered at `address`, whether or not the node should be asked."""
        await self._server.start()
        await self.show_ready(is_ready=is_ready)

    async def show_ready(self, *, is_ready: bool) -> None:
        """The health service says SERVING or NOT_SERVING, for the node as a whole and for its service."""
        states = health_pb2.HealthCheckResponse
        await self._set_health(states.SERVING if is_ready else states.NOT_SERVING)

    async def stop(self) -> None:
        """Nobody is connected any more; calls under way were given GRACE_SECONDS to end."""
        self._edge.is_stopping = True
        await self._health.enter_graceful_shutdown()
        await self._server.stop(GRACE_SECONDS)
        self._edge.close()

    async def _set_health(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        if status == self._shown:
            return
        self._shown = status
        for name in ("", SERVICE_NAME):
            await self._health.set(name, status)
