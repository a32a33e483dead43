"""Every stable code of zhenglian with its sentence in Chinese and English.

Codes below 1000 are *results*: they stand in batch leaves and access entries, so they are
consensus-critical and never change their meaning (SPEC 2.3). Codes from 1000 up never enter the
ledger: they are what a client, a node or a service says about a proof, a channel or a store.

| range | whose |
|---|---|
| 1-59 | encoding and batch acceptance (SPEC 1, 2) |
| 60-99 | identifiers and plain fields |
| 100-199 | permission, look-up and lifecycle, common to all families |
| 200-299 | members, units, systems, keys, registries, matters; from 220 on votes |
| 300-399 | cases, projects, licences, materials |
| 400-499 | holder keys and grants |
| 500-599 | uses |
| 600-699 | corrections |
| 1000-1199 | verification of proofs: what a lying node is told apart by |
| 2000-2199 | channel and node API |
| 3000-3099 | store, engine, configuration |
| 4000-4099 | identity gateway and vault |
| 5000-5099 | key files, trust files, local input, command line |

A sentence may name fields in braces; the error that carries the code supplies them.
"""

from enum import IntEnum
from typing import Final, Self


class Code(IntEnum):
    """A stable code: an integer, with its Chinese (`zh`) and English (`en`) sentence."""

    zh: str
    en: str

    def __new__(cls, value: int, zh: str, en: str) -> Self:
        """Return the member for `value` with its two sentences attached."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    OK = 0, "成功", "accepted"

    # 1-59 encoding and batch acceptance
    NOT_CANONICAL = 1, "字节不是规范编码", "the bytes are not in canonical form"
    UNPARSABLE = 2, "字节无法解析", "the bytes cannot be parsed"
    TOO_LARGE = 3, "超出大小上限：{size} > {limit}", "too large: {size} > {limit}"
    UNDEFINED_ENUM = 4, "枚举值未定义：{field}", "undefined enum value in {field}"
    OUT_OF_RANGE = 5, "字段 {field} 超出范围", "field {field} is out of range"
    MISSING_FIELD = 6, "缺少字段 {field}", "field {field} is missing"
    FOREIGN_CHAIN = 7, "批次属于另一条链", "the batch belongs to another chain"
    BATCH_EXPIRED = 8, "批次已过有效期", "the batch has expired"
    VALIDITY_TOO_LONG = 9, "批次有效期过长", "the batch's validity reaches too far ahead"
    UNKNOWN_SYSTEM = 10, "未登记的信息系统", "the system is not registered"
    SYSTEM_NOT_IN_FORCE = (
        11,
        "信息系统、单位或成员已停用",
        "the system, its unit or its member is not in force",
    )
    UNKNOWN_KEY = 12, "未登记的密钥", "the key is not registered"
    KEY_NOT_IN_FORCE = 13, "密钥已停用", "the key is not in force"
    KEY_OF_OTHER_SYSTEM = 14, "密钥不属于该信息系统", "the key does not belong to the system"
    WRONG_OPERATION_COUNT = 15, "操作数量与批次头不符", "the operation count differs from the header"
    WRONG_OPERATIONS_ROOT = 16, "操作根与批次头不符", "the operations root differs from the header"
    WRONG_SIGNATURE = 17, "签名无效", "the signature does not verify"
    REPLAYED = 18, "随机数已使用（重放）", "the nonce has been used (replay)"
    SUITE_UNSUPPORTED = 19, "不支持的算法套件", "the suite is not supported"
    ATOMIC_SIBLING_REFUSED = (
        20,
        "同一原子批次中有操作被拒绝",
        "a sibling operation of the atomic batch was refused",
    )
    BLOCK_LIMIT = 21, "超出区块限额", "the block's limit is reached"

    # 60-99 identifiers and plain fields
    WRONG_LENGTH = (
        60,
        "{what}长度应为 {expected}，实为 {found}",
        "{what}: length must be {expected}, found {found}",
    )
    WRONG_ALPHABET = (
        61,
        "{what}含有不允许的字符（第 {position} 位）",
        "{what}: character {position} is not allowed",
    )
    WRONG_CHECK_DIGIT = (
        62,
        "{what}校验码错误：应为 {expected}，实为 {found}",
        "{what}: wrong check digit, expected {expected}, found {found}",
    )
    WRONG_FORM = 63, "{what}格式错误", "{what}: wrong form"
    NOT_A_DATE = 64, "{what}中的日期不存在：{found}", "{what}: {found} is not a calendar date"
    UNKNOWN_REGION = 65, "行政区划代码不存在：{found}", "unknown region code {found}"
    REGION_NOT_IN_FORCE = (
        66,
        "行政区划代码 {found} 在该日期无效",
        "region code {found} is not in force on that date",
    )
    INVALID_NAME = 67, "名称标识 {field} 不合规", "the identifier in {field} is not allowed"
    WRONG_INTERVAL = 68, "起止时间颠倒或为空", "the interval is empty or reversed"
    WRONG_DIGEST = 69, "摘要长度错误：{field}", "wrong digest length in {field}"

    # 100-199 permission, look-up, lifecycle
    NOT_PERMITTED = 100, "该单位的角色无权执行此操作", "the unit's roles do not permit this operation"
    NOT_OWNER = 101, "记录不属于该单位", "the record does not belong to this unit"
    ALREADY_EXISTS = 102, "标识已被使用", "the id has been used"
    NOT_FOUND = 103, "{what}不存在", "{what} does not exist"
    NOT_IN_FORCE = 104, "{what}当前不生效", "{what} is not in force"
    WRONG_STATE = 105, "当前状态 {state} 不允许该操作", "the state {state} does not allow this"
    NOT_YET_VALID = 106, "尚未生效", "not yet valid"
    EXPIRED = 107, "已过有效期", "expired"
    TOO_MANY = 108, "数量超过上限：{field}", "too many: {field}"
    DUPLICATE = 109, "重复项：{field}", "duplicate: {field}"
    DISPUTED = 110, "存在未解决的异议", "an unresolved dispute forbids this"

    # 200-299 members … matters
    WRONG_RECOVERY_SIGNATURE = 200, "恢复密钥签名无效", "the RECOVERY key's signature does not verify"
    WRONG_KEY_SEQUENCE = 201, "密钥序号应为 {expected}", "the key sequence must be {expected}"
    KEY_REUSED = 202, "密钥曾被登记", "the key id has been registered before"
    WRONG_KEY_USAGE = 203, "密钥用途不符", "the key's usage does not fit"
    BACKDATED_TOO_FAR = 204, "回溯日期超过允许天数", "backdated further than allowed"
    BASIS_REQUIRED = (
        205,
        "政府核发材料不得无依据向申请人索要",
        "a government-issued row needs a cited legal basis to be demanded",
    )
    RULE_NOT_IN_FORCE = 206, "引用的法律依据不在有效期", "the cited rule is not in force"
    UNKNOWN_TYPE = 207, "未登记的证照或材料类型", "the licence or material type is not registered"
    NOT_GENESIS = 208, "该操作只能出现在创世文件中", "only genesis may contain this operation"
    LAST_KEY = 209, "不能停用最后一把有效密钥", "the last key in force cannot be ended"
    WRONG_VERSION = 210, "版本号应为 {expected}", "the version must be {expected}"

    # 220-249 votes, nodes, validators, parameters
    NOT_A_VOTER = 220, "成员单位对此无表决权", "the member has no vote on this"
    ALREADY_VOTED = 221, "成员单位已表决", "the member has voted already"
    PROPOSAL_DECIDED = 222, "提案已有结果", "the proposal is decided"
    PROPOSAL_EXPIRED = 223, "提案已过表决期限", "the proposal's time for votes is over"
    VOTE_CHANGE_DIFFERS = (
        224,
        "赞成票须逐字重复提案内容，反对票不带内容",
        "an approval repeats the proposal's change exactly; a rejection has none",
    )
    TOO_FEW_ELECTORS = (
        225,
        "可以表决的成员单位即使全部赞成也不够",
        "even if all members that may vote on this approved, they would be too few",
    )
    LAST_VOTER = 226, "至少须保留一个有表决权的成员单位", "one member that votes must remain"
    MEMBER_SUSPENDED = 227, "成员单位已暂停，须先恢复", "the member is suspended and must be resumed first"
    MEMBER_RUNS_NO_NODE = 228, "成员单位不运行节点", "the member runs no node"
    MEMBER_HAS_VALIDATOR = 229, "成员单位仍有验证者", "the member still has a validator"
    VALIDATOR_EXISTS = 230, "该公钥已是验证者", "the key is a validator already"
    VALIDATOR_UNKNOWN = 231, "该公钥不是验证者", "the key is no validator"
    TOO_FEW_VALIDATORS = 232, "验证者少于下限", "there would be fewer validators than the least"
    TOO_MANY_VALIDATORS = 233, "验证者多于上限", "there would be more validators than the most"
    VALIDATOR_CHANGE_IN_BLOCK = (
        234,
        "本区块已变更过验证者，请在后续区块重试",
        "this block has changed the validators already: vote again in a later one",
    )
    PARAMETER_FIXED = 235, "有参数不得变更", "a parameter that never changes would change"
    NOTHING_CHANGES = 236, "内容与现状相同", "nothing would change"
    ERA_DOES_NOT_FOLLOW = 237, "纪元与账本不衔接：{field}", "the era does not follow the ledger: {field}"
    NOT_OWN_REPRESENTATIVE = (
        238,
        "该单位代表其成员单位表决，只有该成员单位自己可以变更",
        "the unit casts its member's votes, and only that member may change this",
    )

    # 300-399 records
    ISSUER_NOT_LISTED = 300, "单位不在该证照类型的发证清单中", "the unit is not on the type's issuing list"
    MANDATE_REQUIRED = 301, "代归集须有登记的委托", "collecting for another unit needs a registered mandate"
    CASE_NOT_OPEN = 302, "办件未处于可办理状态", "the case is not open"
    NOT_ON_LIST = 303, "材料类型不在该办件的材料清单中", "the type is not on the case's material list"
    SUBJECT_MISMATCH = 304, "主体不一致", "the subject does not match"
    NOT_PARTICIPANT = 305, "不是该项目的参与方", "not a participant of the project"
    DELEGATION_NOT_ALLOWED = 306, "该事项不允许代办或超出层级", "the matter does not allow this delegation"
    SUPERSEDED_MISMATCH = 307, "被替代的证照不符", "the superseded licence does not fit"
    WRONG_PARTS = 308, "综合证照的组成证照不符", "the composite licence's parts do not fit"
    IDENTIFIER_REUSED = 309, "证照标识已存在", "the licence identifier exists already"
    ORIGINATOR_NOT_ALLOWED = (
        310,
        "该材料类型不接受此来源",
        "the material type does not accept this originator",
    )

    # 400-499 holder keys and grants
    HOLDER_KEY_UNKNOWN = 400, "主体未绑定该密钥", "the key is not bound to the subject"
    WRONG_ATTESTATION = 401, "授权证明无效", "the attestation does not verify"
    ATTESTATION_TOO_OLD = 402, "授权证明已过期", "the attestation is too old"
    ATTESTOR_IS_GRANTEE = 403, "证明单位不得是被授权单位", "the attesting unit may not be the grantee"
    ATTESTOR_IS_SUBMITTER = (
        404,
        "证明系统不得是提交系统",
        "the attesting system may not be the submitting one",
    )
    GRANTOR_NOT_HOLDER = 405, "授权人不是记录的持有人", "the grantor does not hold the record"
    GRANT_WIDENED = 406, "子授权超出上级范围：{field}", "the grant is wider than its parent: {field}"
    GRANT_TOO_DEEP = 407, "授权层级超过上限", "the grant chain is too deep"
    TOO_MANY_CHILDREN = 408, "子授权数量超过上限", "the grant has too many children"
    NOT_PARENTS_GRANTEE = 409, "授权人不是上级授权的被授权人", "the grantor is not the parent's grantee"
    GRANT_TO_UNIT_HAS_NO_CHILDREN = 410, "授予单位的授权不得再授权", "a grant to a unit cannot have children"
    STATUTORY_NEEDS_RULE = 411, "法定授权须引用有效的法律依据", "a statutory grant must cite a rule in force"
    GRANT_KIND_UNSUPPORTED = 412, "不支持的授权类型", "the kind of grant is not supported"
    NOT_GRANTOR = 413, "只有授权人可以撤销", "only the grantor may do this"
    GRANT_EVENT_SEQUENCE = 414, "授权变更序号应为 {expected}", "the grant's event sequence must be {expected}"

    # 500-599 uses
    GRANT_NOT_FOR_UNIT = 500, "授权不是给该单位或系统的", "the grant is not for this unit or system"
    GRANT_REVOKED = 501, "授权或其上级已被撤销", "the grant or an ancestor has been revoked"
    GRANT_SUSPENDED = 502, "授权或其上级已暂停", "the grant or an ancestor is suspended"
    GRANT_EXPIRED = 503, "授权或其上级已到期", "the grant or an ancestor has expired"
    GRANT_NOT_YET_VALID = 504, "授权或其上级尚未生效", "the grant or an ancestor is not yet valid"
    OUTSIDE_PURPOSE = 505, "超出授权目的", "outside the granted purpose"
    OUTSIDE_MATTER = 506, "超出授权事项", "outside the granted matters"
    OUTSIDE_RECORDS = 507, "记录不在授权范围内", "the record is not within the grant"
    OUTSIDE_FIELDS = 508, "字段超出授权范围", "fields outside the grant"
    OUTSIDE_REGION = 509, "地域超出授权范围", "outside the granted regions"
    OUTSIDE_CHANNEL = 510, "渠道超出授权范围", "outside the granted channels"
    NO_USES_LEFT = 511, "授权次数已用完", "no uses are left"
    FREQUENCY_EXCEEDED = 512, "超出授权频次", "the grant's frequency is exceeded"
    GRANT_REQUIRED = 513, "需要授权", "a grant is required"
    HOLDER_GRANT_MISSING = 514, "缺少某一持有人的授权", "a holder's grant is missing"
    RECORD_NOT_USABLE = 515, "记录当前不可用（{state}）", "the record cannot be used now ({state})"
    NO_PRIOR_USE = 516, "同一办件中没有已接受的使用", "no accepted use of the record in this case"
    USE_CLOSED = 517, "该次使用已关闭", "the use is closed"
    NOT_CUSTODIAN = 518, "只有保管单位可以关闭该次使用", "only the record's custodian may close the use"
    PRESENTATION_INVALID = 519, "亮证证明无效", "the presentation does not verify"
    WHOLE_DOCUMENT_NOT_GRANTED = 520, "未授权调取整份文件", "the whole document is not granted"
    GRANT_UNRELATED = 521, "授权与持有人无关", "a named grant does not belong to a holder of the record"
    RELEASE_WINDOW_PASSED = 522, "已过调取时限", "the release window has passed"
    DIGEST_MISMATCH = 523, "交付摘要与记录不符", "the released digest differs from the record"
    GRANT_KEY_COMPROMISED = (
        524,
        "作出授权或其上级的持有人密钥已泄露",
        "a holder key that attested the grant or an ancestor is compromised",
    )
    OUTSIDE_SCENE = 525, "超出授权场景", "outside the granted scenes"
    OUTSIDE_CASE = 526, "超出授权办件", "outside the granted case"

    # 600-699 corrections
    DISPUTE_CLOSED = 600, "异议已结案", "the dispute is closed"
    NOT_RESPONSIBLE = 602, "只有发证或责任单位可以结案", "only the responsible unit may clear the dispute"
    DISPUTE_QUOTA = 603, "超出每日异议数量上限", "the daily quota of disputes is reached"

    # 1000-1199 verification
    PROOF_OTHER_RECORD = 1000, "证明的是另一条记录", "the proof is about another record"
    PROOF_OTHER_CHAIN = 1001, "证明来自另一条链", "the proof comes from another chain"
    PROOF_WRONG_PATH = 1002, "默克尔路径不成立", "the Merkle path does not lead to the root"
    PROOF_TRUNCATED_PATH = 1003, "默克尔路径长度不对", "the Merkle path has the wrong length"
    PROOF_WRONG_STATUS = 1004, "状态证明与根不符", "the status proof does not lead to the root"
    PROOF_WRONG_APP_HASH = 1005, "状态部件与区块头不符", "the parts do not hash to the header's app hash"
    PROOF_WRONG_HEADER = 1006, "区块头与提交不符", "the header does not match the commit"
    PROOF_WRONG_VALIDATORS = 1007, "验证者集合不受信任", "the validator set is not the trusted one"
    PROOF_NOT_ENOUGH_POWER = 1008, "签名权重不足三分之二", "not more than two thirds of the power signed"
    PROOF_WRONG_TRACE = (
        1009,
        "使用轨迹不完整：应为 {expected}，实为 {found}",
        "the trace is not complete: expected {expected}, found {found}",
    )
    PROOF_WRONG_TRACE_PATH = 1010, "轨迹证明与根不符", "the trace proof does not lead to the root"
    PROOF_STALE = 1011, "区块头过旧", "the header is too old"
    PROOF_WRONG_SIGNER = 1012, "签发签名不成立", "the issuer's signature does not verify"
    PROOF_WRONG_RESULT = 1013, "批次叶与回执不符", "the batch leaf does not match the receipt"
    PROOF_SWAPPED = 1014, "证明与请求的日志不符", "the proof belongs to another log or index"
    PROOF_MALFORMED = 1015, "证明格式错误：{field}", "malformed proof: {field}"
    PROOF_NOT_NEWER = 1016, "区块头不比已信任的新", "the header is not newer than the trusted one"
    TRUST_EXPIRED = (
        1017,
        "信任期已过（最近一次可信区块头距今 {days} 天），请向成员索取新的信任文件并逐字核对其摘要",
        "the trusting period has passed (the newest trusted header is {days} days old), ask a member for a new trust file and compare its digest by eye",
    )
    NODES_DISAGREE = 1018, "两个节点的回答不一致", "two nodes disagree"
    PROOF_ROLLED_BACK = 1019, "回答早于已见高度", "the answer is older than one already seen"
    PROOF_WRONG_CHAIN_OF_GRANTS = 1020, "授权链不成立", "the grant chain does not hold"
    PROOF_OLD_STATUS = (
        1021,
        "状态不属于回答所称高度",
        "the status is not of the height it claims: older, or altered",
    )
    PROOF_WRONG_TIME = 1022, "区块时间异常", "the block time is not acceptable"
    SIGNING_KEY_COMPROMISED = (
        1023,
        "签名密钥在签署之前已失密，待重新确认",
        "the signing key was ended as of a time before the signature, which is in doubt until re-affirmed",
    )
    NOTHING_KNOWN = (
        1024,
        "节点称无此记录（不可证明）",
        "the node says there is no such record, which cannot be proven",
    )
    PROOF_REFUSED = 1025, "所示操作当时已被拒绝", "the operation shown was refused when it was made"
    PROOF_MISSING = 1026, "结论没有证明：{what}", "the conclusion has no proof: {what}"
    PROOF_FORK = (
        1027,
        "同一高度有两个可信的区块头，已停止信任：{what}",
        "two trusted headers of one height, nothing is trusted any more: {what}",
    )

    # 2000-2199 channel and node API
    NODE_UNREACHABLE = 2000, "无法连接节点 {target}", "the node {target} cannot be reached"
    DEADLINE = 2001, "等待超时", "the deadline passed"
    CHANNEL_UNKNOWN = 2002, "信道证书未登记", "the channel's certificate is not registered"
    CHANNEL_NOT_SYSTEM = 2003, "信道密钥不属于批次的信息系统", "the channel key is not the batch's system's"
    READ_NOT_PERMITTED = 2004, "无权查询", "this read is not permitted"
    MESSAGE_TOO_LARGE = 2005, "消息过大", "the message is too large"
    OVERLOADED = 2006, "节点繁忙，请稍后重试", "the node is overloaded, try again later"
    NODE_STOPPING = 2007, "节点正在停止", "the node is stopping"
    BAD_REQUEST = 2008, "请求不完整：{field}", "the request is malformed: {field}"
    NOT_COMMITTED = 2009, "批次未被接受：{reason}", "the batch was not accepted: {reason}"
    ANSWER_MALFORMED = 2010, "节点回答格式错误：{field}", "the node's answer is malformed: {field}"
    TLS_FAILED = 2011, "TLS 握手失败：{target}", "the TLS handshake with {target} failed"
    STATE_MOVED = 2012, "状态已更新，请重新读取", "the state has moved on, read it again"
    NOTHING_PROVEN = (
        2013,
        "节点尚无可证明的状态，请稍后重试",
        "the node has no proven state yet, try again later",
    )
    INTERNAL = 2099, "节点内部错误", "internal error of the node"

    # 3000-3099 store, engine, configuration
    STORE_CORRUPTED = 3000, "存储已损坏：{what}", "the store is corrupted: {what}"
    STORE_LOCKED = 3001, "存储被另一进程占用", "the store is locked by another process"
    STORE_MISSING = 3002, "存储不存在：{path}", "no store at {path}"
    STORE_OTHER_RULES = 3003, "存储由另一版规则写成", "the store was written under other rules"
    GENESIS_INVALID = 3004, "创世文件无效：{reason}", "the genesis is invalid: {reason}"
    GENESIS_MISMATCH = 3005, "创世文件与存储不符", "the genesis is not the store's"
    CONFIG_INVALID = 3006, "配置无效：{field}", "invalid configuration: {field}"
    PLATFORM_UNSUPPORTED = 3007, "不支持的平台：{found}", "unsupported platform: {found}"
    ALREADY_INITIALISED = 3008, "目录已初始化：{path}", "{path} is already initialised"
    VECTORS_FAILED = 3009, "本机未通过一致性向量：{what}", "this machine fails a conformance vector: {what}"
    STALE_DELTA = 3010, "变更基于另一版本，不能提交", "the delta was computed on another version"
    STORE_FAILED = 3011, "存储读写失败：{what}", "the store cannot be read or written: {what}"
    DISK_LOW = (
        3020,
        "磁盘可用空间不足，节点在写满之前停止：{path}（剩余 {free}，须有 {needed}）",
        "disk space is low and the node stops before it is full: {path} ({free} left, {needed} needed)",
    )
    CLOCK_SKEWED = 3021, "本机时钟与网络相差 {seconds} 秒", "the clock is {seconds} s off the network's"
    PORT_TAKEN = 3022, "端口 {port} 已被占用（{owner}）", "port {port} is taken ({owner})"
    ENGINE_MISSING = 3023, "找不到 CometBFT 程序：{path}", "there is no CometBFT program: {path}"
    ENGINE_OTHER_VERSION = (
        3024,
        "CometBFT 版本应为 {expected}，实为 {found}",
        "CometBFT's version should be {expected}, found {found}",
    )
    ENGINE_LEFT_OVER = (
        3025,
        "同一目录的 CometBFT 仍在运行：{what}",
        "a CometBFT of this very home is still running: {what}",
    )
    APP_HASH_DIFFERS = (
        3026,
        "本节点的状态摘要与网络不符，节点停止：{what}",
        "this node's app hash differs from the network's, and it stops: {what}",
    )
    CONSENSUS_FAILED = 3027, "CometBFT 停止了共识：{reason}", "CometBFT stopped its consensus: {reason}"
    ENGINE_ENDED = 3028, "CometBFT 已退出：{reason}", "CometBFT has ended: {reason}"
    ENGINE_DATA_INVALID = (
        3029,
        "CometBFT 的数据已损坏或与存储不符：{what}",
        "CometBFT's data is damaged or does not belong to the store: {what}",
    )
    HOME_UNWRITABLE = 3030, "目录或文件无法读写：{path}", "a directory or file cannot be used: {path}"
    VALIDATOR_STATE_UNSAFE = (
        3031,
        "验证者的签名状态不可用，节点拒绝签名：{what}",
        "the validator's signing state cannot be used, and the node refuses to sign: {what}",
    )
    ENGINE_FAILED = 3035, "与 CometBFT 的交互失败：{what}", "the exchange with CometBFT failed: {what}"
    ERA_INVALID = 3036, "纪元文件无效：{field}", "what is to begin an era is invalid: {field}"

    # 4000-4099 identity gateway and vault
    GATEWAY_UNREACHABLE = 4000, "无法连接身份网关 {target}", "the identity gateway {target} cannot be reached"
    GATEWAY_REFUSED = 4001, "身份网关拒绝：{reason}", "the identity gateway refused: {reason}"
    GATEWAY_RATE = 4002, "身份网关请求过于频繁", "too many requests to the identity gateway"
    SESSION_UNCONFIRMED = 4003, "持有人尚未确认", "the holder has not confirmed the session"
    PRODUCTION_FORBIDDEN = (
        4004,
        "本地密钥身份网关不得用于生产网络",
        "the local-key gateway refuses a production genesis",
    )
    VAULT_UNREACHABLE = 4010, "无法连接材料库 {target}", "the vault {target} cannot be reached"
    VAULT_NO_USE = 4011, "没有对应的使用登记，不予交付", "no recorded use, nothing is released"
    VAULT_NOT_YOURS = 4012, "该使用不属于请求单位", "the use belongs to another unit"
    VAULT_NO_FILE = 4013, "本库没有该文件", "the vault holds no such file"
    VAULT_STALE = (
        4014,
        "材料库所见区块过旧，不予交付",
        "the vault's newest header is too old, nothing is released",
    )
    VAULT_CHAIN_DEAD = 4015, "授权已失效，不予交付", "the grant chain is no longer live, nothing is released"
    VAULT_WINDOW = 4016, "已过交付时限", "the release window has passed"
    VAULT_CORRUPTED = 4017, "材料库中的文件已损坏", "the vault's file is corrupted"
    FILE_DIGEST_MISMATCH = 4018, "文件摘要与记录不符", "the file's digest differs from the record's"
    VAULT_OTHER_FILE = 4019, "该记录下已存有另一文件", "the vault holds a different file under this record"
    VAULT_NOT_CUSTODIAN = (
        4020,
        "只有保管单位的系统可以入库",
        "only the custodian's own systems may store here",
    )

    # 5000-5099 local input and command line
    WRONG_PASSPHRASE = 5000, "口令错误或密钥文件损坏", "wrong passphrase or damaged key file"
    KEY_FILE_INVALID = 5001, "密钥文件无效：{field}", "invalid key file: {field}"
    TRUST_FILE_INVALID = 5002, "信任文件无效：{field}", "invalid trust file: {field}"
    FILE_NOT_FOUND = 5003, "文件不存在：{path}", "no such file: {path}"
    INPUT_INVALID = 5004, "输入无效：{what}", "invalid input: {what}"
    SIDECAR_INVALID = 5005, "校验信息文件（.zl.json）无效：{field}", "invalid sidecar: {field}"
    REQUEST_NOT_IDENTICAL = 5006, "同一请求号曾用于不同内容", "the request id was used for different content"
    TRUST_NOT_CONTINUED = (
        5007,
        "信任文件与已见账本不衔接：{what}",
        "the trust file does not continue the ledger that was seen: {what}",
    )
    JOIN_REQUEST_INVALID = 5010, "入网申请无效：{field}", "the request to join is invalid: {field}"
    JOIN_REQUESTS_CLASH = (
        5011,
        "两份入网申请冲突（{what}）：{first}，{second}",
        "two requests to join clash ({what}): {first} and {second}",
    )
    GENESIS_NOT_AGREED = (
        5012,
        "创世文件不是所商定的：摘要为 {found}",
        "this is not the genesis that was agreed: its digest is {found}",
    )
    JOIN_REQUEST_CHANGED = (
        5013,
        "创世文件与本单位的入网申请不一致：{what}",
        "the genesis does not say of this member what it asked for: {what}",
    )
    PEERS_INVALID = 5014, "节点名单无效：{field}", "the list of nodes is invalid: {field}"


CODES: Final = {code.value: code for code in Code}
"""Each code by its number."""
