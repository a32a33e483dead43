"""Code cites clauses of ledger/SPEC.md: each of them is there, and so is every row of the store."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhenglian_ledger import rows

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "ledger" / "SPEC.md").read_text("utf-8")
CITATION = re.compile(r"SPEC (\d+(?:\.\d+)*(?:(?:, |-| and )\d+(?:\.\d+)*)*)")
FOLDERS = ("ledger", "node", "sdk", "proto", "scripts", "tests")
FILES = sorted(
    path
    for folder in FOLDERS
    for pattern in ("*.py", "*.proto", "*.md")
    for path in (ROOT / folder).rglob(pattern)
    if "_pb2" not in path.name and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)


def find_cited(text: str) -> Iterator[str]:
    """Every clause number in "SPEC 1.2", "SPEC 1.2, 1.3", "SPEC 1.2-1.4", also across a line's end."""
    joined = re.sub(r"\s*\n\s*(?:#|//)?\s*", " ", text)
    for found in CITATION.finditer(joined):
        yield from re.findall(r"\d+(?:\.\d+)*", found[1])


def find_clauses(text: str) -> list[str]:
    """Sections by their headings, clauses by their numbers in bold."""
    return re.findall(r"^## (\d+)", text, re.MULTILINE) + re.findall(r"\*\*(\d+(?:\.\d+)+)[ *]", text)


def test_citations_are_found_in_every_spelling() -> None:
    text = "(SPEC 1.1, 1.3) SPEC 5.4-5.6, 5.10). SPEC\n    8.10: and SPEC 3 x"
    assert list(find_cited(text)) == ["1.1", "1.3", "5.4", "5.6", "5.10", "8.10", "3"]


def test_no_clause_is_numbered_twice_and_each_stands_in_its_section() -> None:
    clauses = find_clauses(SPEC)
    assert len(clauses) == len(set(clauses)) > 50
    assert all(clause.rpartition(".")[0] in clauses for clause in clauses if "." in clause)


def test_every_clause_that_is_cited_exists() -> None:
    clauses = set(find_clauses(SPEC))
    missing = {
        f"{path.relative_to(ROOT)}: {clause}"
        for path in FILES
        for clause in find_cited(path.read_text("utf-8"))
        if clause not in clauses
    }
    assert not missing, sorted(missing)
    assert len(FILES) > 100


PREFIXES = [name for name, value in vars(rows).items() if isinstance(value, bytes) and len(value) == 1]


@pytest.mark.parametrize("name", PREFIXES)
def test_every_row_of_the_store_is_in_the_table(name: str) -> None:
    assert f" {getattr(rows, name).hex()} {name}" in SPEC
