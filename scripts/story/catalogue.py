"""What the words mean: regions, legal bases, types, matters with their lists, a recognition list.

A type's code is shaped by GB/T 36904 (defining body and three digits), its fields carry the short names of
GB/T 36903. What a material can be reused for stands in its type: same subject, same project, same premises,
or nothing.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from story.world import (
    CENTRE,
    HOUSING,
    JIANGSU_CLINIC,
    MARKET,
    PLANNING,
    PUTUO_HALL,
    PUTUO_MARKET,
    XUHUI_FIRE,
    XUHUI_HALL,
    XUHUI_MARKET,
)

REGIONS: Final = (
    ("310000", "上海市"),
    ("310104", "徐汇区"),
    ("310107", "普陀区"),
    ("320000", "江苏省"),
)


class Rule(NamedTuple):
    """A legal basis that types, matters and mandates cite."""

    id: str
    title: str
    document_number: str = ""
    article: str = ""


E_LICENCES: Final = "hufubangui-2022-7"
FOOD_LAW: Final = "food-safety-law"
BUILDING_LAW: Final = "building-law"
PLANNING_LAW: Final = "planning-law"
RECOGNITION: Final = "yangtze-delta-consensus"

RULES: Final = (
    Rule(E_LICENCES, "上海市电子证照管理规定", "沪府办规〔2022〕7号"),  # noqa: RUF001  brackets of document numbers
    Rule(FOOD_LAW, "中华人民共和国食品安全法", article="第三十五条"),
    Rule(BUILDING_LAW, "中华人民共和国建筑法", article="第七条"),
    Rule(PLANNING_LAW, "中华人民共和国城乡规划法", article="第四十条"),
    Rule(RECOGNITION, "长三角区域电子证照互认合作文件"),
)


class LicenceType(NamedTuple):
    """证照类型: its code, names, issuers, and the types of its parts if it is a composite licence."""

    id: str
    zh: str
    en: str
    issuers: tuple[str, ...]
    parts: tuple[str, ...] = ()


FIELDS: Final = ("ZZMC", "ZZBH", "ZZBFJG", "CZZT", "CZZTDM", "ZZYXQQSRQ", "ZZYXQJZRQ", "KZ_JYFW")

BUSINESS: Final = f"{CENTRE}001"
FOOD: Final = f"{CENTRE}002"
FIRE_SAFETY: Final = f"{CENTRE}003"
COMPOSITE: Final = f"{CENTRE}004"
PROPERTY: Final = f"{CENTRE}005"

LICENCE_TYPES: Final = (
    LicenceType(BUSINESS, "营业执照", "business licence", (XUHUI_MARKET, PUTUO_MARKET, MARKET)),
    LicenceType(FOOD, "食品经营许可证", "food business permit", (XUHUI_MARKET, PUTUO_MARKET)),
    LicenceType(
        FIRE_SAFETY,
        "公众聚集场所投入使用、营业前消防安全检查合格证",
        "fire-safety inspection certificate for places of public assembly",
        (XUHUI_FIRE,),
    ),
    LicenceType(
        COMPOSITE, "行业综合许可证", "composite industry licence", (XUHUI_MARKET,), (FOOD, FIRE_SAFETY)
    ),
    LicenceType(PROPERTY, "不动产权证书", "real estate title", (PLANNING,)),
)


class MaterialType(NamedTuple):
    """材料类型: what it can be reused for, who makes it, what is looked at when it is reviewed."""

    id: str
    zh: str
    en: str
    reuse_key: str
    originator: str = "APPLICANT"
    review_points: tuple[str, ...] = ()


ARTICLES: Final = "mt.articles"
FOOD_SAFETY: Final = "mt.food-safety-system"
HEALTH: Final = "mt.health-certificates"
FLOOR_PLAN: Final = "mt.floor-plan"
PLEDGE: Final = "mt.pledge"
FUMES: Final = "mt.fume-report"
DRAWING: Final = "mt.design-drawing"

MATERIAL_TYPES: Final = (
    MaterialType(ARTICLES, "公司章程", "articles of association", "SUBJECT", review_points=("全体股东签章",)),
    MaterialType(FOOD_SAFETY, "食品安全管理制度", "food safety rules of the company", "SUBJECT"),
    MaterialType(HEALTH, "从业人员健康证明", "health certificates of the staff", "SUBJECT", "SOCIAL"),
    MaterialType(FLOOR_PLAN, "经营场所平面图", "floor plan", "PREMISES", review_points=("面积", "操作流程")),
    MaterialType(PLEDGE, "食品安全承诺书", "food safety pledge", "NONE"),
    MaterialType(FUMES, "油烟净化检测报告", "fume test report", "PREMISES", "SOCIAL"),
    MaterialType(DRAWING, "建设工程设计图纸", "design drawing", "PROJECT", review_points=("注册建筑师签章",)),
)

RECOGNISED: Final = ("yangtze-delta-1", "长三角互认清单（一）", (HEALTH,), (JIANGSU_CLINIC,))
"""What a unit outside the city's government is recognised for."""

MANDATE: Final = ("collect-business-licences", MARKET, CENTRE, (BUSINESS,))
"""代归集: the centre loads the stock of business licences for the department that answers for them."""


class Row(NamedTuple):
    """材料清单的一行: what may fill it, where it comes from, and what makes it easier to give."""

    id: str
    zh: str
    source: str
    licence_types: tuple[str, ...] = ()
    material_types: tuple[str, ...] = ()
    issuing_unit: str = ""
    commitment_allowed: bool = False
    may_follow: bool = False


class Matter(NamedTuple):
    """事项 in one situation, with its list; `depth` is how many hops of delegation it allows.

    Numbers of its cases begin with `series`.
    """

    id: str
    series: str
    zh: str
    basic_code: str
    basis: str
    unit: str
    handling_item: str
    promised: timedelta
    depth: int
    rows: tuple[Row, ...]


def _issued(row: str, zh: str, licence_type: str, unit: str) -> Row:
    return Row(row, zh, "GOVERNMENT_ISSUED", licence_types=(licence_type,), issuing_unit=unit)


def _made(row: str, zh: str, material_type: str, *, commitment_allowed: bool = False) -> Row:
    types = (material_type,)
    return Row(row, zh, "APPLICANT_MADE", material_types=types, commitment_allowed=commitment_allowed)


def _by_third(row: str, zh: str, material_type: str, *, may_follow: bool = False) -> Row:
    return Row(row, zh, "THIRD_PARTY", material_types=(material_type,), may_follow=may_follow)


OPEN_XUHUI: Final = "310104.restaurant.open"
CHANGE_XUHUI: Final = "310104.restaurant.change"
OPEN_PUTUO: Final = "310107.restaurant.open"
CHANGE_PUTUO: Final = "310107.restaurant.change"
PLANNING_PERMIT: Final = "310000.planning.permit"
CONSTRUCTION_PERMIT: Final = "310000.construction.permit"

_BUSINESS = _issued("business-licence", "营业执照", BUSINESS, XUHUI_MARKET)
_ARTICLES = _made("articles", "公司章程", ARTICLES)
_FOOD_SAFETY = _made("food-safety", "食品安全管理制度", FOOD_SAFETY)
_HEALTH = _by_third("health", "从业人员健康证明", HEALTH)
_FLOOR_PLAN = _made("floor-plan", "经营场所平面图", FLOOR_PLAN)
_PLEDGE = _made("pledge", "食品安全承诺书", PLEDGE, commitment_allowed=True)
_TITLE = _issued("title", "不动产权证书", PROPERTY, PLANNING)
_FUMES = _by_third("fumes", "油烟净化检测报告", FUMES, may_follow=True)
_DRAWING = _made("drawing", "建设工程设计图纸", DRAWING)

_CHANGED = (
    _BUSINESS,
    _issued("food-permit", "食品经营许可证", FOOD, XUHUI_MARKET),
    _FOOD_SAFETY,
    _FLOOR_PLAN,
)
_SECOND = (_BUSINESS, _ARTICLES, _FOOD_SAFETY, _HEALTH, _FLOOR_PLAN, _TITLE, _FUMES, _PLEDGE)
_PERMIT = (_issued("contractor-licence", "营业执照", BUSINESS, MARKET), _DRAWING)
_RESTAURANT, _PLANNING, _BUILD = "000131005000", "000115012000", "000117002000"

MATTERS: Final = (
    Matter(OPEN_XUHUI, "XH-KBFD", "我要开办饭店（徐汇）", _RESTAURANT, FOOD_LAW, XUHUI_HALL, "NEW",
           timedelta(days=15), 2, (_ARTICLES, _FOOD_SAFETY, _HEALTH, _FLOOR_PLAN, _PLEDGE)),
    Matter(CHANGE_XUHUI, "XH-BG", "饭店许可变更（徐汇）", _RESTAURANT, FOOD_LAW, XUHUI_HALL, "CHANGE",
           timedelta(days=5), 1, _CHANGED),
    Matter(OPEN_PUTUO, "PT-KBFD", "我要开办饭店（普陀）", _RESTAURANT, FOOD_LAW, PUTUO_HALL, "NEW",
           timedelta(days=15), 2, _SECOND),
    Matter(CHANGE_PUTUO, "PT-BG", "饭店许可变更（普陀）", _RESTAURANT, FOOD_LAW, PUTUO_HALL, "CHANGE",
           timedelta(days=5), 1, (_BUSINESS, _ARTICLES, _FOOD_SAFETY, _FLOOR_PLAN)),
    Matter(PLANNING_PERMIT, "GH-GCGH", "建设工程规划许可证核发", _PLANNING, PLANNING_LAW, PLANNING, "NEW",
           timedelta(days=20), 0, (_DRAWING,)),
    Matter(CONSTRUCTION_PERMIT, "ZJ-SGXK", "建筑工程施工许可证核发", _BUILD, BUILDING_LAW, HOUSING, "NEW",
           timedelta(days=7), 0, _PERMIT),
)  # fmt: skip

LICENCE_TYPE_BY_ID: Final = {kind.id: kind for kind in LICENCE_TYPES}
MATERIAL_TYPE_BY_ID: Final = {kind.id: kind for kind in MATERIAL_TYPES}
MATTER_BY_ID: Final = {matter.id: matter for matter in MATTERS}
