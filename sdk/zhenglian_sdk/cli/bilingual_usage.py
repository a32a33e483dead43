"""A wrong command line is told in Chinese first; the parser's own words follow in English."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

USAGE_ZH: Final = "命令行有误，用法见 --help："

_UsageError: Final = cast(
    "type[Exception]", typer.BadParameter.__mro__[1]
)  # the parser's own class; typer does not name it in public


class BilingualGroup(TyperGroup):
    """The root of the commands."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as typer's own
        """As typer's."""
        with _told_in_chinese():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """As typer's."""
        with _told_in_chinese():
            return super().invoke(ctx)


@contextmanager
def _told_in_chinese() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ != "NoArgsIsHelpError":  # that one is no mistake: it shows the help
            typer.echo(USAGE_ZH, err=True)
        raise
