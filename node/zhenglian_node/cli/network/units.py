"""The systemd unit of a node: one process to supervise, which brings CometBFT up and down with itself.

It may write its own home and nothing else, open network connections, and gain no privilege. Whatever time and
others mend (a disk, a port, a peer) it tries again for ever; what somebody has to look at stays stopped.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from zhenglian_node.cli.exits import Exit

STAYS_STOPPED: Final = (
    Exit.USAGE,
    Exit.DATA,
    Exit.INPUT,
    Exit.EXISTS,
    Exit.HALTED,
    Exit.DENIED,
    Exit.CONFIG,
)
"""Exit codes that no restart mends, or after which none may happen: a node that computed another state."""

UNIT: Final = "zhenglian-node.service"

_HARDENING: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077"""


def build_unit(home: Path, member: str) -> str:
    """The text of the unit of the node in `home`; its user is whoever owns the home."""
    stays_stopped = " ".join(str(code.value) for code in STAYS_STOPPED)
    return f"""\
# 证链节点 A node of zhenglian. Copy it to /etc/systemd/system and set User=
[Unit]
Description=zhenglian node of {_escape(member)}
Documentation=file://{_escape(str(home / "README.md"))}
After=network-online.target time-sync.target
Wants=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=exec
User=zhenglian
ExecStart={_get_command()} run --home {_quote(str(home))}
Restart=always
RestartSec=15
# What no restart mends: a wrong genesis, key, passphrase or configuration; another state than the network's.
RestartPreventExitStatus={stays_stopped}
TimeoutStartSec=120
TimeoutStopSec=60
KillMode=mixed
LimitNOFILE=65536
ReadWritePaths={_quote(str(home))}
{_HARDENING}

[Install]
WantedBy=multi-user.target
"""


def _get_command() -> str:
    """This very installation's program."""
    program = shutil.which("zhenglian-node")
    return _quote(program) if program else f"{_quote(sys.executable)} -m zhenglian_node"


def _quote(text: str) -> str:
    escaped = _escape(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escape(text: str) -> str:
    """A unit expands what follows a per cent sign."""
    return text.replace("%", "%%")
