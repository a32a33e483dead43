"""Who takes part: members, units and systems of a municipal centre, departments and two districts.

The names of offices are those of real kinds of offices; the numbers are invented (`people`). A unit has the
roles and the place that the rules ask for; a system is a channel certificate, a signing key and a folder of
its own. Members that a network on one machine may have already are called as they are there; the others, and
all units, by their social credit codes.
"""

from typing import Final, NamedTuple

from story.people import build_uscc

NETWORK: Final = "story"

CENTRE_MEMBER: Final = "centre"
XUHUI: Final = "district-310104"
PUTUO: Final = "district-310107"

CENTRE: Final = build_uscc("12310000MADEUP001")
GATEWAY: Final = build_uscc("12310000MADEUP002")
AUDIT: Final = build_uscc("11310000MADEUP003")
PLANNING: Final = build_uscc("11310000MADEUP004")
HOUSING: Final = build_uscc("11310000MADEUP005")
MARKET: Final = build_uscc("11310000MADEUP006")
XUHUI_HALL: Final = build_uscc("12310104MADEUP011")
XUHUI_MARKET: Final = build_uscc("11310104MADEUP012")
XUHUI_FIRE: Final = build_uscc("11310104MADEUP013")
PUTUO_HALL: Final = build_uscc("12310107MADEUP021")
PUTUO_STREET: Final = build_uscc("12310107MADEUP022")
PUTUO_MARKET: Final = build_uscc("11310107MADEUP023")
JIANGSU: Final = build_uscc("11320000MADEUP030")
JIANGSU_CLINIC: Final = build_uscc("12320500MADEUP031")


class Member(NamedTuple):
    """成员单位: id, names and tier. Each has a transport CA and a RECOVERY key of its own.

    Only the centre has a node and a vote. On a network that runs already, those who are there keep what they
    have, and whom the story brings along is admitted without.
    """

    id: str
    zh: str
    en: str
    tier: str
    runs_node: bool = False
    votes: bool = False


class Unit(NamedTuple):
    """单位: where it belongs, where it lies, and what it may do."""

    id: str
    zh: str
    en: str
    member: str
    level: str
    region: str
    roles: tuple[str, ...]


class System(NamedTuple):
    """信息系统: the only author of batches."""

    id: str
    zh: str
    unit: str
    kind: str
    relay: bool = False


MEMBERS: Final = (
    Member(
        CENTRE_MEMBER, "市大数据中心", "municipal big data centre", "MUNICIPAL", runs_node=True, votes=True
    ),
    Member(AUDIT, "市审计部门", "municipal audit", "DEPARTMENT"),
    Member(PLANNING, "市规划资源部门", "planning and natural resources", "DEPARTMENT"),
    Member(HOUSING, "市住房城乡建设部门", "housing and construction", "DEPARTMENT"),
    Member(MARKET, "市市场监管部门", "market regulation", "DEPARTMENT"),
    Member(XUHUI, "徐汇区", "Xuhui district", "DISTRICT"),
    Member(PUTUO, "普陀区", "Putuo district", "DISTRICT"),
    Member(JIANGSU, "江苏省（外省市）", "Jiangsu province (external)", "EXTERNAL"),
)

_HALL = ("RELYING", "ACCEPTING")
_ISSUER = ("ISSUING", "RELYING")
_DEPARTMENT = ("ISSUING", "RELYING", "ACCEPTING")

UNITS: Final = (
    Unit(CENTRE, "市大数据中心", "municipal centre", CENTRE_MEMBER, "CITY", "310000", ("ISSUING", "STEWARD")),
    Unit(GATEWAY, "市身份网关", "identity gateway", CENTRE_MEMBER, "CITY", "310000", ("IDENTITY_GATEWAY",)),
    Unit(AUDIT, "市审计部门", "auditor", AUDIT, "CITY", "310000", ("AUDITOR",)),
    Unit(PLANNING, "市规划资源部门", "planning", PLANNING, "CITY", "310000", _DEPARTMENT),
    Unit(HOUSING, "市住房城乡建设部门", "construction", HOUSING, "CITY", "310000", _DEPARTMENT),
    Unit(MARKET, "市市场监管部门", "market regulation", MARKET, "CITY", "310000", ("ISSUING",)),
    Unit(XUHUI_HALL, "徐汇区行政服务中心", "Xuhui service hall", XUHUI, "DISTRICT", "310104", _HALL),
    Unit(XUHUI_MARKET, "徐汇区市场监管局", "Xuhui market regulation", XUHUI, "DISTRICT", "310104", _ISSUER),
    Unit(XUHUI_FIRE, "徐汇区消防救援支队", "Xuhui fire and rescue", XUHUI, "DISTRICT", "310104", _ISSUER),
    Unit(PUTUO_HALL, "普陀区行政服务中心", "Putuo service hall", PUTUO, "DISTRICT", "310107", _HALL),
    Unit(PUTUO_STREET, "普陀区某街道社区事务受理服务中心", "a street service centre", PUTUO,
         "STREET", "310107015", _HALL),
    Unit(PUTUO_MARKET, "普陀区市场监管局", "Putuo market regulation", PUTUO, "DISTRICT", "310107", _ISSUER),
    Unit(JIANGSU_CLINIC, "江苏某健康体检机构（虚构）", "a clinic in Jiangsu (invented)", JIANGSU, "DISTRICT",
         "320000", ("ISSUING",)),
)  # fmt: skip

CENTRE_OFFICE, CENTRE_VAULT, CENTRE_RELAY = "collecting-office", "centre-vault", "centre-relay"
IDENTITY, AUDITOR = "identity-gateway", "auditor-desk"
PLANNING_OFFICE, PLANNING_VAULT, HOUSING_OFFICE = "planning-office", "planning-vault", "housing-office"
XUHUI_COUNTER, XUHUI_KIOSK, XUHUI_VAULT = "xuhui-counter", "xuhui-kiosk", "xuhui-vault"
XUHUI_MARKET_OFFICE, XUHUI_FIRE_OFFICE = "xuhui-market-office", "xuhui-fire-office"
PUTUO_COUNTER, PUTUO_ONLINE, PUTUO_VAULT = "putuo-counter", "putuo-online", "putuo-vault"
PUTUO_STREET_COUNTER, PUTUO_MARKET_OFFICE = "putuo-street-counter", "putuo-market-office"

SYSTEMS: Final = (
    System(CENTRE_OFFICE, "市电子证照归集系统", CENTRE, "BACK_OFFICE"),
    System(CENTRE_VAULT, "市电子证照库", CENTRE, "VAULT"),
    System(CENTRE_RELAY, "市接口转发平台", CENTRE, "BACK_OFFICE", relay=True),
    System(IDENTITY, "市身份网关", GATEWAY, "GATEWAY"),
    System(AUDITOR, "审计工作台", AUDIT, "BACK_OFFICE"),
    System(PLANNING_OFFICE, "规划审批系统", PLANNING, "BACK_OFFICE"),
    System(PLANNING_VAULT, "规划电子材料库", PLANNING, "VAULT"),
    System(HOUSING_OFFICE, "施工许可审批系统", HOUSING, "BACK_OFFICE"),
    System(XUHUI_COUNTER, "徐汇综窗", XUHUI_HALL, "COUNTER"),
    System(XUHUI_KIOSK, "徐汇自助终端", XUHUI_HALL, "KIOSK"),
    System(XUHUI_VAULT, "徐汇电子材料库", XUHUI_HALL, "VAULT"),
    System(XUHUI_MARKET_OFFICE, "徐汇市场监管业务系统", XUHUI_MARKET, "BACK_OFFICE"),
    System(XUHUI_FIRE_OFFICE, "徐汇消防检查业务系统", XUHUI_FIRE, "BACK_OFFICE"),
    System(PUTUO_COUNTER, "普陀综窗", PUTUO_HALL, "COUNTER"),
    System(PUTUO_ONLINE, "普陀线上受理平台", PUTUO_HALL, "ONLINE"),
    System(PUTUO_VAULT, "普陀电子材料库", PUTUO_HALL, "VAULT"),
    System(PUTUO_STREET_COUNTER, "街道综窗", PUTUO_STREET, "COUNTER"),
    System(PUTUO_MARKET_OFFICE, "普陀市场监管业务系统", PUTUO_MARKET, "BACK_OFFICE"),
)

VAULTS: Final = (CENTRE_VAULT, XUHUI_VAULT, PUTUO_VAULT, PLANNING_VAULT)

SERVED: Final = (*VAULTS, IDENTITY)
"""Systems that others call: each is a process with an address that stands on the ledger."""

MEMBER_BY_ID: Final = {member.id: member for member in MEMBERS}
UNIT_BY_ID: Final = {unit.id: unit for unit in UNITS}
SYSTEM_BY_ID: Final = {system.id: system for system in SYSTEMS}
VAULT_BY_UNIT: Final = {SYSTEM_BY_ID[vault].unit: vault for vault in VAULTS}


def get_member_of(system: str) -> str:
    """The member of `system`: its CA signs the channel certificate, its node is the one to ask."""
    return UNIT_BY_ID[SYSTEM_BY_ID[system].unit].member
