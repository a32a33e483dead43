"""The files of a sandbox system: key, certificate, trust and configuration, as an operator lays them."""

from collections.abc import Sequence
from pathlib import Path

from tests.testkit.ledger_objects import compute_seed
from tests.testkit.node_home import SandboxHome
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_proto.v1 import batch_pb2, members_pb2

PASSPHRASE = "sandbox"


def write_agency(
    directory: Path,
    home: SandboxHome,
    system: str,
    *,
    node: str = "",
    second_node: str = "",
    more_nodes: Sequence[str] = (),
    gateway: str = "",
    vaults: dict[str, str] | None = None,
    recipient_key_file: str = "",
) -> Path:
    """The configuration file of `system`; the node is reached at `node`, else where `home` says."""
    directory.mkdir(parents=True, exist_ok=True)
    tls = home.write_tls(system)
    key = seal_key(
        compute_seed(system), suite=batch_pb2.SUITE_ED25519, usage=members_pb2.KEY_USAGE_SIGN, owner=system,
        passphrase=PASSPHRASE, salt=bytes(16), nonce=bytes(12), cost=KdfCost(n=2),
    )  # fmt: skip
    (directory / f"{system}.key.json").write_text(key, encoding="utf-8")
    (directory / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (directory / "actor.key").write_text("07" * 32 + "\n", encoding="utf-8")
    (directory / "trust.json").write_bytes(home.config.trust.read_bytes())
    lines = [
        f'system = "{system}"',
        f'key_file = "{system}.key.json"',
        'passphrase_file = "passphrase"',
        'trust_file = "trust.json"',
        f'state_dir = "state-{system}"',
        'actor_key_file = "actor.key"',
        *([f'recipient_key_file = "{recipient_key_file}"'] if recipient_key_file else []),
        "[vaults]",
        *(f'{unit} = "{vault}"' for unit, vault in (vaults or {}).items()),
        "[node]",
        f'target = "{node or home.address}"',
        *(["[second_node]", f'target = "{second_node}"'] if second_node else []),
        *(line for target in more_nodes for line in ("[[more_nodes]]", f'target = "{target}"')),
        *(["[gateway]", f'target = "{gateway}"'] if gateway else []),
        "[tls]",
        f'certificate = "{tls.certificate}"',
        f'key = "{tls.key}"',
        f'roots = ["{tls.roots}"]',
    ]
    path = directory / f"{system}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
