"""What to do about it: one sentence a language for every error an operator can mend, by the error's code.

`run` prints it below the error, `doctor` beside the check, and the README holds the same table.
"""

from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code


class Advice(NamedTuple):
    """What to do, in Chinese and English."""

    zh: str
    en: str


ADVICE: Final[dict[Code, Advice]] = {
    Code.DISK_LOW: Advice(
        "腾出或扩充该磁盘的空间后重新启动；不要删除 store/ 与 cometbft/data/ 中的文件",
        "make or add room on that disk, then start again; never remove files of store/ or cometbft/data/",
    ),
    Code.CLOCK_SKEWED: Advice(
        "让 chrony 或 NTP 校准时钟，确认其已同步",
        "let chrony or NTP set the clock, and see that it is synchronised",
    ),
    Code.PORT_TAKEN: Advice(
        "停止占用该端口的进程，或在 node.toml、cometbft/config/config.toml 中改用其他端口",
        "stop the process that has the port, or choose another in node.toml or cometbft/config/config.toml",
    ),
    Code.ENGINE_MISSING: Advice(
        "安装 CometBFT，并在 node.toml 的 cometbft.binary 写明其路径",
        "install CometBFT and name its path in node.toml, cometbft.binary",
    ),
    Code.ENGINE_OTHER_VERSION: Advice(
        "换成所要求版本的 CometBFT；全网须使用同一版本线",
        "put the CometBFT of the version asked for in its place; the whole network runs one line",
    ),
    Code.ENGINE_LEFT_OVER: Advice(
        "等待或结束该进程（它使用同一目录），再启动节点",
        "wait for that process or end it (it uses this very home), then start the node",
    ),
    Code.APP_HASH_DIFFERS: Advice(
        "停止本节点并保留数据与日志；运行 fsck --full，核对程序版本与其他成员一致，"
        "再用 zhenglian-node resync 由区块重新同步",
        "leave the node stopped and keep data and logs; run fsck --full, compare the program's version "
        "with the other members', then `zhenglian-node resync`: it syncs anew from blocks",
    ),
    Code.CONSENSUS_FAILED: Advice(
        "保留 cometbft/cometbft.log；与其他成员核对各自高度，若全网停在同一高度，共同处理后再启动",
        "keep cometbft/cometbft.log; compare heights with the other members: if all stand still at one "
        "height, act together before starting again",
    ),
    Code.ENGINE_ENDED: Advice(
        "查看 cometbft/cometbft.log 的末尾；运行 doctor",
        "read the end of cometbft/cometbft.log, and run doctor",
    ),
    Code.ENGINE_FAILED: Advice(
        "查看 cometbft/cometbft.log 的末尾；运行 doctor",
        "read the end of cometbft/cometbft.log, and run doctor",
    ),
    Code.ENGINE_DATA_INVALID: Advice(
        "cometbft/data 与 store 须出自同一时刻；用 zhenglian-node resync 由区块重新同步"
        "（保留签名状态；不要用副本覆盖 priv_validator_state.json）",
        "cometbft/data and store must be of one moment: by `zhenglian-node resync` the node syncs anew "
        "from blocks and keeps what was signed; never put back a copy of priv_validator_state.json",
    ),
    Code.STORE_MISSING: Advice(
        "若有 store.rebuilding/ 与 store.old/，再运行 rebuild；否则网络节点用 "
        "zhenglian-node resync 重新同步，单节点须由备份恢复",
        "rebuild again if store.rebuilding/ and store.old/ are there; else a network's node syncs anew by "
        "`zhenglian-node resync`, and a solo node is restored from its copy",
    ),
    Code.HOME_UNWRITABLE: Advice(
        "以运行节点的用户拥有该目录，且磁盘可写",
        "let the user that runs the node own it, on a disk that can be written",
    ),
    Code.VALIDATOR_STATE_UNSAFE: Advice(
        "不要用旧副本恢复 priv_validator_state.json，否则可能重复签名；确认没有第二个节点使用同一密钥，"
        "必要时投票更换验证者密钥",
        "never put back an old priv_validator_state.json: it might sign twice; make sure no second node "
        "uses the key, and if need be vote for a new validator key",
    ),
    Code.GENESIS_MISMATCH: Advice(
        "核对 genesis.json 的摘要与其他成员一致；store 与 cometbft/data 须属于同一创世",
        "compare the genesis digest with the other members'; store and cometbft/data must belong to it",
    ),
}
"""Codes that an operator meets and can do something about."""
