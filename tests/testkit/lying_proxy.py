"""A lying node in a process of its own: a proxy before a real one, with all certificates it needs for belief.

home = SandboxHome.create(directory, extra=build_relay_operations())
with NodeProcess(home) as node, LyingProxy(home, node.address, directory / "proxy") as proxy:
    client = connect(proxy.address)
    proxy.tell("old status")         # one of `lies.LIES`
    proxy.tell("")                   # hand on everything as it is
"""

from pathlib import Path
from typing import Final

from tests.testkit.ledger_objects import CENTRE, key_body, put_system
from tests.testkit.lies import LIES
from tests.testkit.node_home import SandboxHome, TlsPaths, build_transport_key, find_free_port, write_tls
from tests.testkit.service_process import ServiceProcess
from zhenglian_proto.v1.members_pb2 import SYSTEM_KIND_BACK_OFFICE, KeyOperation
from zhenglian_proto.v1.operation_pb2 import Operation

RELAY: Final = "centre-relay"
_CENTRE_SEQUENCE: Final = 6


class Liar(ServiceProcess):
    """A program before a node that answers in its place, with `shown`, and asks it, with `relay`."""

    def __init__(self, node: str, directory: Path, shown: TlsPaths, relay: TlsPaths) -> None:
        """It will hand on to `node`, and tell the truth."""
        directory.mkdir(parents=True, exist_ok=True)
        self.address = f"127.0.0.1:{find_free_port()}"
        self._lie = directory / "lie.txt"
        self.tell("")
        config = directory / "proxy.toml"
        lines = [f'listen = "{self.address}"', f'node = "{node}"', 'lie = "lie.txt"']
        lines += _write_table("server", shown) + _write_table("relay", relay)
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        super().__init__(["-m", "tests.testkit.lies", str(config)], directory / "proxy.log")

    def tell(self, lie: str) -> None:
        """From now on every answer to the lie's call is altered; "" for none."""
        assert lie in ("", *LIES), lie
        self._lie.write_text(lie, encoding="utf-8")


class LyingProxy(Liar):
    """A relay of the centre, which runs the node: it carries every batch and is shown everything."""

    def __init__(self, home: SandboxHome, node: str, directory: Path) -> None:
        """It will hand on to `node`, and tell the truth."""
        shown = write_tls(directory, "proxy", CENTRE, server=True)
        super().__init__(node, directory, shown, home.write_tls(RELAY, CENTRE))


def build_relay_operations() -> list[Operation]:
    """The genesis operations that register the relay and its channel."""
    body = key_body(CENTRE, _CENTRE_SEQUENCE, add=build_transport_key(RELAY))
    return [
        Operation(put_system=put_system(RELAY, CENTRE, SYSTEM_KIND_BACK_OFFICE, relay=True)),
        Operation(key=KeyOperation(body=body)),
    ]


def _write_table(name: str, tls: TlsPaths) -> list[str]:
    return [
        f"[{name}]",
        f"certificate = '{tls.certificate}'",
        f"key = '{tls.key}'",
        f"roots = '{tls.roots}'",
    ]
