"""Regions (GB/T 2260): the table a genesis seeds its registry from, and what a code says by its digits.

Codes are 6 digits (province 2, city 2, district 2), 9 with a street or town and 12 with a village. A civil
date is the integer yyyymmdd, so that dates compare as integers; an interval is half-open, [from, to). A
change is dated by its approval (State Council; the Congress for provinces); papers may bear the old code a
while longer. A code below a district is accepted by form when its district is known; a code that is filled up
with zeros (310107000, 310000000000) means the shorter one.
"""

from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers.alphabet import DIGITS, compute_values, is_written_in

NO_BEGINNING: Final = 0
"""`in_force_from` of a code that stood in the first edition of the table (1980)."""

NO_END: Final = 99_999_999
"""`in_force_to` of a code that is in force today."""

_WHAT: Final = "行政区划代码 region code"
_LENGTHS: Final = (6, 9, 12)
_LEVELS_BELOW_PROVINCE: Final = (slice(9, 12), slice(6, 9), slice(4, 6), slice(2, 4))


class Region(NamedTuple):
    """One code with its name and its half-open interval of civil dates, each yyyymmdd."""

    code: str
    name: str
    in_force_from: int = NO_BEGINNING
    in_force_to: int = NO_END


_PROVINCES: Final = (
    Region("110000", "北京市"),
    Region("120000", "天津市"),
    Region("130000", "河北省"),
    Region("140000", "山西省"),
    Region("150000", "内蒙古自治区"),
    Region("210000", "辽宁省"),
    Region("220000", "吉林省"),
    Region("230000", "黑龙江省"),
    Region("310000", "上海市"),
    Region("320000", "江苏省"),
    Region("330000", "浙江省"),
    Region("340000", "安徽省"),
    Region("350000", "福建省"),
    Region("360000", "江西省"),
    Region("370000", "山东省"),
    Region("410000", "河南省"),
    Region("420000", "湖北省"),
    Region("430000", "湖南省"),
    Region("440000", "广东省"),
    Region("450000", "广西壮族自治区"),
    Region("460000", "海南省", 1988_04_13),
    Region("500000", "重庆市", 1997_03_14),
    Region("510000", "四川省"),
    Region("520000", "贵州省"),
    Region("530000", "云南省"),
    Region("540000", "西藏自治区"),
    Region("610000", "陕西省"),
    Region("620000", "甘肃省"),
    Region("630000", "青海省"),
    Region("640000", "宁夏回族自治区"),
    Region("650000", "新疆维吾尔自治区"),
    Region("710000", "台湾省"),
    Region("810000", "香港特别行政区", 1997_07_01),
    Region("820000", "澳门特别行政区", 1999_12_20),
)

_SHANGHAI_DISTRICTS: Final = (
    Region("310101", "黄浦区"),
    Region("310104", "徐汇区"),
    Region("310105", "长宁区"),
    Region("310106", "静安区"),
    Region("310107", "普陀区"),
    Region("310109", "虹口区"),
    Region("310110", "杨浦区"),
    Region("310112", "闵行区", 1981_02_22),
    Region("310113", "宝山区", 1988_01_21),
    Region("310114", "嘉定区", 1992_10_11),
    Region("310115", "浦东新区", 1992_10_11),
    Region("310116", "金山区", 1997_04_29),
    Region("310117", "松江区", 1998_02_27),
    Region("310118", "青浦区", 1999_09_16),
    Region("310120", "奉贤区", 2001_01_09),
    Region("310151", "崇明区", 2016_06_08),
)

_SHANGHAI_HISTORIC: Final = (
    Region("310102", "南市区", NO_BEGINNING, 2000_06_13),
    Region("310103", "卢湾区", NO_BEGINNING, 2011_05_20),
    Region("310108", "闸北区", NO_BEGINNING, 2015_10_13),
    Region("310111", "吴淞区", NO_BEGINNING, 1988_01_21),
    Region("310119", "南汇区", 2001_01_09, 2009_04_24),
    Region("310221", "上海县", NO_BEGINNING, 1992_09_26),
    Region("310222", "嘉定县", NO_BEGINNING, 1992_10_11),
    Region("310223", "宝山县", NO_BEGINNING, 1988_01_21),
    Region("310224", "川沙县", NO_BEGINNING, 1992_10_11),
    Region("310225", "南汇县", NO_BEGINNING, 2001_01_09),
    Region("310226", "奉贤县", NO_BEGINNING, 2001_01_09),
    Region("310227", "松江县", NO_BEGINNING, 1998_02_27),
    Region("310228", "金山县", NO_BEGINNING, 1997_04_29),
    Region("310229", "青浦县", NO_BEGINNING, 1999_09_16),
    Region("310230", "崇明县", NO_BEGINNING, 2016_06_08),
)

REGIONS: Final[tuple[Region, ...]] = _PROVINCES + _SHANGHAI_DISTRICTS + _SHANGHAI_HISTORIC
"""The default table: 34 province-level codes, Shanghai's 16 districts, and its codes that have ended."""

_REGION_BY_CODE: Final = {region.code: region for region in REGIONS}


def verify_region(code: str, on: int) -> None:
    """Return if `code` or its district stands in the default table and is in force on civil date `on`.

    Raises InvalidIdentifier: WRONG_LENGTH, WRONG_ALPHABET, UNKNOWN_REGION or REGION_NOT_IN_FORCE.
    """
    verify_region_form(code)
    region = _REGION_BY_CODE.get(code[:6])
    # A province has no streets of its own: 310000001 is no place.
    if region is None or (region.code.endswith("0000") and len(_compute_significant(code)) > 6):
        raise InvalidIdentifier(Code.UNKNOWN_REGION, what=_WHAT, found=code)
    if not region.in_force_from <= on < region.in_force_to:
        raise InvalidIdentifier(Code.REGION_NOT_IN_FORCE, what=_WHAT, found=code)


def verify_region_form(code: str) -> None:
    """Return if `code` is 6, 9 or 12 digits; else raise InvalidIdentifier: WRONG_LENGTH or WRONG_ALPHABET."""
    if len(code) not in _LENGTHS:
        raise InvalidIdentifier(Code.WRONG_LENGTH, what=_WHAT, expected="6 / 9 / 12", found=len(code))
    compute_values(_WHAT, code, DIGITS)


def is_region_within(code: str, of: str) -> bool:
    """Tell whether the place `code` is `of` or lies in it, by digits alone.

    310000 holds 310107 and 310107005; 310107 holds 310107005 and itself. False if either has no region's
    form. Whether codes are known is not asked, and a merged district is not within its successor.
    """
    if not all(len(each) in _LENGTHS and is_written_in(DIGITS, each) for each in (code, of)):
        return False
    return _compute_significant(code).startswith(_compute_significant(of))


def _compute_significant(code: str) -> str:
    """Return `code` without the trailing levels that are all zeros; the province always stays."""
    for level in _LEVELS_BELOW_PROVINCE:
        if any(digit != "0" for digit in code[level]):
            return code[: level.stop]
    return code[:2]
