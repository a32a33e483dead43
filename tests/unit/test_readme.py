"""What the README says stands: no placeholder is left, and every file it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")


def test_no_placeholder_is_left() -> None:
    assert not re.search(r"\b[A-Z]{3,}_(TABLE|HERE)\b|TODO|FIXME", TEXT)


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert len(links) >= 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_are_there_and_run() -> None:
    for door in re.findall(r"^(scripts/\w+)", TEXT, re.MULTILINE):
        assert (ROOT / door).stat().st_mode & 0o100, door
