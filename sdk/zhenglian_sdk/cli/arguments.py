"""Values as people write them on a command line, and how the help says what may be written.

What cannot be read is a mistake on the command line (exit code 2), told before anything is asked or signed.
"""

import re
from collections.abc import Callable
from typing import Any, Final, cast

import typer

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_sdk.builders.forms import choose
from zhenglian_sdk.civil_time import parse_day

_ID: Final = re.compile(r"[0-9a-fA-F]{64}\Z")


def is_id(text: str) -> bool:
    """Whether `text` is 64 hexadecimal digits."""
    return _ID.match(text) is not None


def parse_id(text: str) -> bytes:
    """32 bytes written as 64 hexadecimal digits, or nothing."""
    if not text:
        return b""
    if not is_id(text):
        raise typer.BadParameter("须为 64 位十六进制数字 / must be 64 hexadecimal digits")
    return bytes.fromhex(text)


def check_day(text: str) -> str:
    """A day YYYY-MM-DD as it came, or nothing."""
    if text:
        try:
            parse_day(text)
        except ZhenglianError as error:
            raise typer.BadParameter(f"{error.zh} / {error.en}") from error
    return text


def id_argument(metavar: str, help: str) -> Any:  # noqa: ANN401, A002  as typer's own
    """A positional id."""
    return typer.Argument(parser=parse_id, metavar=metavar, help=help)


def id_option(*names: str, help: str) -> Any:  # noqa: ANN401, A002
    """An id as an option."""
    return typer.Option(*names, parser=parse_id, metavar="ID", help=help, show_default=False)


def day_option(*names: str, help: str) -> Any:  # noqa: ANN401, A002
    """A civil day as an option."""
    return typer.Option(*names, parser=check_day, metavar="YYYY-MM-DD", help=help)


def choice_option(enum: type[int], *names: str, help: str) -> Any:  # noqa: ANN401, A002
    """One of an enum's values by its short name; the help lists them."""
    values = get_choices(enum)
    return typer.Option(*names, parser=_build_chooser(enum), metavar="|".join(values), help=help)


def get_choices(enum: type[int]) -> list[str]:
    """The short names of an enum's values, lower case."""
    wrapper = cast("Any", enum)
    unspecified = wrapper.DESCRIPTOR.values_by_number[0].name
    prefix = unspecified.removesuffix("UNSPECIFIED")
    return [name.removeprefix(prefix).lower() for name in wrapper.keys() if name != unspecified]  # noqa: SIM118  a descriptor wrapper


def _build_chooser(enum: type[int]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text:
            try:
                choose(enum, text)
            except ZhenglianError as error:
                raise typer.BadParameter(" | ".join(get_choices(enum))) from error
        return text

    check.__name__ = "choice"
    return check
