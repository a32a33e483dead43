"""Persons, companies and places of the story. All are invented, and their numbers say so.

Identity numbers carry the birth year 2999, so they belong to nobody. Social credit codes have the right
check character and an organisation part that reads MADEUP or MADE. Dates are relative to the day the
story is told: months that have passed are told by validity, never by turning a clock.
"""

from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.identifiers import compute_id_card_check, compute_uscc_check
from zhenglian_proto.v1.identity_pb2 import (
    IDENTITY_KIND_LEGAL_PERSON,
    IDENTITY_KIND_NATURAL_PERSON,
    IDENTITY_KIND_PREMISES,
    IdentityKind,
    IdentityNumber,
)

BIRTH_YEAR: Final = 2999


@dataclass(frozen=True, slots=True)
class Party:
    """A person, company or place: its names, and the number by which only the gateway knows it."""

    zh: str
    en: str
    kind: IdentityKind
    number: str

    def to_message(self) -> IdentityNumber:
        """What the identity gateway is asked about."""
        return IdentityNumber(kind=self.kind, number=self.number)


def build_uscc(prefix17: str) -> str:
    """A social credit code: the 17 characters and the check character that fits them."""
    return prefix17 + compute_uscc_check(prefix17)


def build_identity_number(region: str, sequence: int) -> str:
    """An identity number of somebody born on the first day of the year 2999."""
    body = f"{region}{BIRTH_YEAR}0101{sequence:03d}"
    return body + compute_id_card_check(body)


def _company(zh: str, en: str, prefix17: str) -> Party:
    return Party(zh, en, IDENTITY_KIND_LEGAL_PERSON, build_uscc(prefix17))


def _person(zh: str, en: str, sequence: int) -> Party:
    return Party(zh, en, IDENTITY_KIND_NATURAL_PERSON, build_identity_number("310104", sequence))


def _place(zh: str, en: str) -> Party:
    return Party(zh, en, IDENTITY_KIND_PREMISES, zh)


RESTAURANT: Final = _company(
    "上海稻香小馆餐饮有限公司（虚构）", "Daoxiang Bistro Ltd (invented)", "91310104MADEUP101"
)
OWNER: Final = _company("上海新岸置业有限公司（虚构）", "Xin'an Property Ltd (invented)", "91310107MADEUP201")
DESIGNER: Final = _company(
    "上海方格建筑设计有限公司（虚构）", "Grid Architects Ltd (invented)", "91310101MADEUP202"
)
CONTRACTOR: Final = _company(
    "上海恒基土木工程有限公司（虚构）", "Steady Builders Ltd (invented)", "91310115MADEUP203"
)
COMPANIES: Final = (RESTAURANT, OWNER, DESIGNER, CONTRACTOR)

EMPLOYEE: Final = _person("陈小满", "Chen Xiaoman, the company's employee", 1)
AGENT: Final = _person("周帮办", "Zhou Bangban, a professional agent", 2)
PERSONS: Final = (EMPLOYEE, AGENT)

FIRST_SHOP: Final = _place("上海市徐汇区虚构路1号一层", "1 Invented Road, Xuhui")
SECOND_SHOP: Final = _place("上海市普陀区虚构路2号一层", "2 Invented Road, Putuo")


def build_bulk_company(number: int) -> Party:
    """One of the many companies whose licences are loaded at once, number 0 to 99,999."""
    return _company(
        f"批量样本企业{number:05d}号（虚构）", f"sample company {number}", f"91310000MADE{number:05d}"
    )
