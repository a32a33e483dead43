"""Identifiers and plain fields, judged by their characters alone: pure, and the same on every machine.

What is refused is refused with InvalidIdentifier and a code from 60 to 69. Text is read through ASCII tables
(`alphabet`), so no locale and no Unicode property has a say.
"""

from zhenglian_ledger.identifiers.id_card import compute_id_card_check, verify_id_card
from zhenglian_ledger.identifiers.licence_identifier import (
    LicenceIdentifier,
    compose_licence_identifier,
    compute_licence_identifier_check,
    parse_licence_identifier,
    verify_licence_identifier,
    verify_licence_type_code,
)
from zhenglian_ledger.identifiers.names import verify_case_number, verify_digest, verify_name
from zhenglian_ledger.identifiers.regions import (
    REGIONS,
    Region,
    is_region_within,
    verify_region,
    verify_region_form,
)
from zhenglian_ledger.identifiers.uscc import compute_uscc_check, verify_uscc

__all__ = [
    "REGIONS",
    "LicenceIdentifier",
    "Region",
    "compose_licence_identifier",
    "compute_id_card_check",
    "compute_licence_identifier_check",
    "compute_uscc_check",
    "is_region_within",
    "parse_licence_identifier",
    "verify_case_number",
    "verify_digest",
    "verify_id_card",
    "verify_licence_identifier",
    "verify_licence_type_code",
    "verify_name",
    "verify_region",
    "verify_region_form",
    "verify_uscc",
]
