"""The sandbox's identity gateway in a process of its own; it knows the systems it is told of.

with GatewayProcess(home, directory, callers=[HUANGPU_COUNTER]) as gateway:
    config = write_agency(directory, home, HUANGPU_COUNTER, gateway=gateway.target)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.testkit.ledger_objects import CENTRE, GATEWAY_SYSTEM, compute_seed
from tests.testkit.node_home import SandboxHome, write_tls
from tests.testkit.service_process import ServiceProcess
from zhenglian_ledger.certificates import compute_transport_key_id, parse_certificate_pem
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_proto.v1 import batch_pb2, members_pb2

PASSPHRASE: Final = "gateway"


class GatewayProcess(ServiceProcess):
    """`zhenglian-identity serve` as the registered gateway of the sandbox."""

    def __init__(self, home: SandboxHome, directory: Path, *, callers: Sequence[str]) -> None:
        """Write its configuration and keys to `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        config = directory / "gateway.toml"
        config.write_text("\n".join(_write(home, directory, callers)) + "\n", encoding="utf-8")
        arguments = ["-m", "zhenglian_sdk.identity", "serve", "--config", str(config)]
        super().__init__(arguments, directory / "gateway.log")

    @property
    def target(self) -> str:
        """Where it listens, once started."""
        return f"127.0.0.1:{self.port}"


def _write(home: SandboxHome, directory: Path, callers: Sequence[str]) -> list[str]:
    (directory / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (directory / "pseudonym.key").write_text("07" * 32 + "\n", encoding="utf-8")
    sealed = seal_key(
        compute_seed(GATEWAY_SYSTEM), suite=batch_pb2.SUITE_ED25519, usage=members_pb2.KEY_USAGE_SIGN,
        owner=GATEWAY_SYSTEM, passphrase=PASSPHRASE, salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    (directory / "sign.key.json").write_text(sealed, encoding="utf-8")
    tls = write_tls(directory, GATEWAY_SYSTEM, CENTRE, server=True)
    lines = [
        'listen = "127.0.0.1:0"',
        f'system = "{GATEWAY_SYSTEM}"',
        "level = 3",
        f"genesis = '{home.config.genesis}'",
        'key_file = "sign.key.json"',
        'passphrase_file = "passphrase"',
        'pseudonym_key_file = "pseudonym.key"',
        'request_log = "requests.jsonl"',
        "[tls]",
        f"certificate = '{tls.certificate}'",
        f"key = '{tls.key}'",
        f"roots = ['{tls.roots}']",
        "[rate]",
        "burst = 4096",
        "per_second = 64",
    ]
    for system in callers:
        certificate = parse_certificate_pem(home.write_tls(system).certificate.read_bytes())
        key = compute_transport_key_id(certificate)
        lines += ["[[callers]]", f'system = "{system}"', f'key = "{key.hex()}"']
    return lines
