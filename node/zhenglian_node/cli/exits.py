"""Exit codes of the command line: one table, by the code of the error (sysexits.h, where it has one)."""

from enum import IntEnum
from typing import Final, Self

from zhenglian_ledger.codes import Code


class Exit(IntEnum):
    """What a process says with its exit code, in Chinese and English."""

    zh: str
    en: str

    def __new__(cls, value: int, zh: str, en: str) -> Self:
        """Return the member for `value` with its two meanings attached."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    OK = 0, "完成", "done"
    USAGE = 2, "命令行有误", "the command line is wrong"
    DATA = 65, "创世、密钥、信任文件或证书不可用", "a genesis, key, trust file or certificate is unusable"
    INPUT = 66, "所指文件不存在", "a file that was named does not exist"
    UNAVAILABLE = (
        69,
        "无法连接节点，端口被占用，共识引擎已退出，或平台不受支持",
        "node out of reach, port taken, consensus engine ended, or platform not supported",
    )
    INTERNAL = 70, "程序故障", "a fault of the program"
    DISK = 71, "磁盘空间不足，节点在写满之前停止", "disk space is low: the node stopped before it was full"
    EXISTS = 73, "所要建立的已经存在", "what should be made exists already"
    STORE = 74, "存储缺失、损坏或属于另一账本", "the store is missing, damaged, or another ledger's"
    BUSY = 75, "存储被占用，或节点繁忙，请稍后重试", "store in use, or node overloaded: try again later"
    HALTED = (
        76,
        "节点算出的状态与网络不同，或签名状态不可信：在查明之前保持停止",
        "another state than the network's, or unsafe signing state: look before it is started again",
    )
    DENIED = 77, "无权操作，或口令错误", "not permitted, or a wrong passphrase"
    CONFIG = 78, "配置有误", "the configuration is wrong"


EXIT_TABLE: Final = "\n\n".join(
    ["退出码 / exit codes:", *(f"{code.value}: {code.zh} / {code.en}" for code in Exit)]
)
"""The table as the help shows it."""


_EXITS: Final[dict[Code, Exit]] = {
    Code.NODE_UNREACHABLE: Exit.UNAVAILABLE,
    Code.TLS_FAILED: Exit.UNAVAILABLE,
    Code.DEADLINE: Exit.UNAVAILABLE,
    Code.NODE_STOPPING: Exit.UNAVAILABLE,
    Code.NOTHING_PROVEN: Exit.UNAVAILABLE,
    Code.PLATFORM_UNSUPPORTED: Exit.UNAVAILABLE,
    Code.PORT_TAKEN: Exit.UNAVAILABLE,
    Code.ENGINE_LEFT_OVER: Exit.UNAVAILABLE,
    Code.CONSENSUS_FAILED: Exit.UNAVAILABLE,
    Code.ENGINE_ENDED: Exit.UNAVAILABLE,
    Code.ENGINE_FAILED: Exit.UNAVAILABLE,
    Code.DISK_LOW: Exit.DISK,
    Code.APP_HASH_DIFFERS: Exit.HALTED,
    Code.VALIDATOR_STATE_UNSAFE: Exit.HALTED,
    Code.ENGINE_MISSING: Exit.CONFIG,
    Code.ENGINE_OTHER_VERSION: Exit.CONFIG,
    Code.HOME_UNWRITABLE: Exit.DENIED,
    Code.OVERLOADED: Exit.BUSY,
    Code.STORE_LOCKED: Exit.BUSY,
    Code.INTERNAL: Exit.INTERNAL,
    Code.ALREADY_INITIALISED: Exit.EXISTS,
    Code.CONFIG_INVALID: Exit.CONFIG,
    Code.GENESIS_INVALID: Exit.DATA,
    Code.ERA_INVALID: Exit.DATA,
    Code.FILE_NOT_FOUND: Exit.INPUT,
    Code.WRONG_PASSPHRASE: Exit.DENIED,
}
_RANGES: Final = (
    (2000, Exit.DATA),
    (3000, Exit.DENIED),
    (4000, Exit.STORE),
    (5000, Exit.UNAVAILABLE),
    (6000, Exit.DATA),
)
"""For codes below the number that have no row of their own."""


def compute_exit(code: Code) -> Exit:
    """The exit code of an error."""
    row = _EXITS.get(code)
    return row if row is not None else next(exit_code for end, exit_code in _RANGES if code < end)
