"""What lies in a home for people: README.md (what is where) and SHEET.md (one page for the machine room).

Chinese first, then English. Nothing secret stands in them.
"""

from pathlib import Path
from typing import Final

from zhenglian_ledger.join_request import JoinRequest
from zhenglian_node.cli.network.peers import PeersFile, choose_peers
from zhenglian_node.cli.network.units import UNIT
from zhenglian_node.config import NodeConfig

README: Final = "README.md"
SHEET: Final = "SHEET.md"

BACKUP: Final = (
    "tls/",
    "cometbft/config/",
    "request.json",
    "genesis.json",
    "peers.json",
    "trust.json",
    "node.toml",
)
"""What a home cannot do without, but for priv_validator_state.json: everything else follows or syncs again."""

RECORD_BYTES: Final = 2_000
"""Disk a licence or use takes on a network's node, generously: the ledger's rows and CometBFT's blocks."""


def build_readme(config: NodeConfig, request: JoinRequest, chain_id: str, digest: bytes) -> str:
    """README.md of the home that `config` describes."""
    home = config.home.resolve()
    role = "验证节点 validator" if request.is_validator else "全节点 full node"
    return f"""\
# 证链节点 zhenglian node: {request.name} ({request.member})

| | |
|---|---|
| 链标识 chain id | `{chain_id}` |
| 创世摘要 genesis digest | `{digest.hex()}` |
| 节点标识 node id | `{request.node_id.hex()}` |
| 角色 role | {role} |

## 目录 What is where

| 文件 file | 内容 what it is |
|---|---|
| `node.toml` | 节点配置；改后重启 / the node's configuration; restart after a change |
| `genesis.json` `trust.json` | 创世文件；信任文件（当面交给使用方） / genesis; the trust file, handed to clients in person |
| `peers.json` | 全网节点及地址 / the network's nodes and their addresses |
| `tls/node.key.pem` `tls/node.crt.pem` | 信道私钥与证书 / the channel's key and certificate |
| `agency.toml` `authorities.pem` | 业务系统配置与各成员 CA：连同 trust.json 复制到业务系统目录 / for the office system: copy both, and trust.json, into its folder |
| `store/` `outbox/` | 账本；待上链的批次 / the ledger; batches not yet in a block |
| `cometbft/config/config.toml` | CometBFT 配置：监听地址、对等节点 / its configuration: address, peers |
| `cometbft/config/node_key.json` | **私密** 节点密钥 / secret: the network key |
| `cometbft/config/priv_validator_key.json` | **私密** 验证者密钥：只能在一台机器上使用 / secret: the validator key, for one machine only |
| `cometbft/data/` | 区块；`priv_validator_state.json` 记最后签名，**切勿用备份覆盖** / blocks, and what was signed last: never restore it from a copy |
| `{UNIT}` | systemd 单元 / the systemd unit |

## 日常 Every day

```console
$ zhenglian-node run --home {home}        # 运行 / run it by hand
$ zhenglian-node status --home {home}     # 高度与状态 / height and state
$ zhenglian-node doctor --home {home}     # 诊断 / what is wrong, if anything
```

作为服务运行 / as a service: `cp {home}/{UNIT} /etc/systemd/system/`，改 `User=`，`systemctl enable --now {UNIT}`。
节点与 CometBFT 同起同落，异常退出由 systemd 重启；退出码 76（状态与网络不同，或签名状态不可信）须先查明。
Node and CometBFT live and die together; systemd starts them again, but not after 76 (another state than the
network's, or unsafe signing state): look first.

{_build_backup(home)}"""


def _build_backup(home: Path) -> str:
    files = " ".join(f"`{name}`" for name in BACKUP)
    return f"""\
## 备份 Backup

离线保存 RECOVERY 密钥与 CA 私钥；另备份本目录中的下列文件，足以恢复本节点：
Keep RECOVERY key and CA key offline. These of this directory bring the node back:

| 备份 back up | 说明 note |
|---|---|
| {files} | 建成或改动后备份一次 / once, and after a change |
| `cometbft/data/priv_validator_state.json` | 只在旧机已停后随迁；**切勿恢复旧副本**，否则可能重复签名 / taken along only after the old machine has stopped; **never put back an earlier copy**: the validator might sign twice |

账本由其他节点重新同步，不必备份。恢复或换机：旧机停止后，将上列文件放回同一路径，再运行
The ledger syncs again from the other nodes. To restore or move: stop the old machine, put these back, then

```console
$ zhenglian-node resync --home {home}     # 由创世重新同步，保留签名状态 / sync anew from genesis, keeping what was signed
```

数据损坏或状态与网络不同时，也用 resync：原数据移至 `store.old/`、`cometbft/data.old/`，确认无用后自行删除。
The same after damage, or another state than the network's: the former data lie in `store.old/` and
`cometbft/data.old/` until you remove them. 最新的 `priv_validator_state.json` 已丢失的验证节点：不要启动，先请成员
表决更换其验证密钥 / a validator whose newest `priv_validator_state.json` is lost: do not start it, have the members vote
for a new validator key first.
"""


def build_sheet(config: NodeConfig, request: JoinRequest, peers: PeersFile) -> str:
    """SHEET.md: ports, clock, disk and retention, on one page."""
    called = choose_peers(peers, request.node_id)
    rows = "\n".join(
        f"| {peer.member} | `{peer.node_id.hex()}` | {peer.p2p} | {peer.api} |" for peer in called
    )
    metrics = f"127.0.0.1:{config.metrics_port}" if config.metrics_port else "关 off"
    gigabytes = RECORD_BYTES * 1_000_000 // 10**9
    return f"""\
# 机房单页 One page for the machine room: {request.member}

## 端口 Ports

| 方向 direction | 端口 port | 对方 who | 用途 what for |
|---|---|---|---|
| 入 in | TCP {_get_port(request.p2p)} | 全网节点 all nodes | 共识 consensus (CometBFT p2p, encrypted, node ids on the ledger) |
| 入 in | TCP {_get_port(request.api)} | 业务系统 office systems | API (gRPC over mTLS) |
| 出 out | TCP | 下列验证节点 validators below | 共识 consensus |
| 本机 local | {metrics} | Prometheus | 指标 metrics |

其余端口一律不开；CometBFT RPC 只走本机套接字 / nothing else listens; CometBFT's RPC is a local socket.

| 验证节点 validator | 节点标识 node id | 共识 p2p | API |
|---|---|---|---|
{rows}

## 时钟 Clock

与 NTP 同步（chrony），偏差 1 秒以内；超过 20 秒批次会被拒绝，超过 60 秒区块会被拒绝。
Keep it within 1 s by NTP (chrony): beyond 20 s batches are refused, beyond 60 s blocks are.

```console
$ chronyc tracking        # System time: … seconds slow/fast of NTP time
```

## 磁盘 Disk

每百万条记录约 {gigabytes} GB（账本与区块），另加共识日志至多 1 GB；SSD，须支持 fsync；剩余不足时节点在写满之前停止。
About {gigabytes} GB for a million records (ledger and blocks), and up to 1 GB for the consensus log, on an SSD whose fsync is
honest; the node stops before the disk is full. 内存 2 GB 起，2 核起 / from 2 GB of memory and 2 cores.

内核参数（批量写入更快）/ a kernel setting, for large batches: `net.core.wmem_default = 4194304`.

## 保存期限 Retention

全节点保存全部账本与区块，不作裁剪；日志 `cometbft/cometbft.log` 按大小轮换。
Every node keeps the whole ledger and all blocks; logs are rotated by size. 个人内容不上链，撤回由材料库删除内容与盐值
/ no personal content is on the ledger: a vault erases content and salts.
"""


def _get_port(address: str) -> str:
    return address.rpartition(":")[2]
