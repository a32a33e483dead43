"""The way in, and the one way out."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from zhenglian_sdk.cli.bilingual_usage import BilingualGroup
from zhenglian_sdk.cli.case import case_app
from zhenglian_sdk.cli.config import config_app
from zhenglian_sdk.cli.dispute import dispute_app
from zhenglian_sdk.cli.exits import EXIT_TABLE, Exit
from zhenglian_sdk.cli.governance import governance_app
from zhenglian_sdk.cli.grant import grant_app
from zhenglian_sdk.cli.key import key_app
from zhenglian_sdk.cli.licence import licence_app
from zhenglian_sdk.cli.material import material_app
from zhenglian_sdk.cli.registry import registry_app
from zhenglian_sdk.cli.trace import trace_app
from zhenglian_sdk.cli.trust import add_status, trust_app
from zhenglian_sdk.cli.verify import add_verify
from zhenglian_sdk.cli.work import (
    CONFIG_VARIABLE,
    LANGUAGE_VARIABLE,
    Config,
    Language,
    Root,
    check_language,
    connect_agency,
    get_environment,
)

PROGRAM: Final = "zhenglian"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help, in reading order
    epilog=EXIT_TABLE,
    cls=BilingualGroup,
)
for _noun, _app in {
    "registry": registry_app,
    "case": case_app,
    "licence": licence_app,
    "material": material_app,
    "grant": grant_app,
    "dispute": dispute_app,
    "trace": trace_app,
    "governance": governance_app,
    "trust": trust_app,
    "config": config_app,
    "key": key_app,
}.items():
    app.add_typer(_app, name=_noun, epilog=EXIT_TABLE)
app.add_typer(licence_app, name="license", hidden=True, epilog=EXIT_TABLE)
add_verify(app)
add_status(app)


@app.callback()
def begin(context: typer.Context, config: Config = None, lang: Language = "") -> None:
    """证链成员命令行 / the command line of a member of zhenglian.

    口令取自配置所指文件、ZHENGLIAN_PASSPHRASE 或当场输入，从不写在命令行上。
    / A passphrase comes from the configured file, ZHENGLIAN_PASSPHRASE or a prompt, never from an option.
    """
    named = get_environment(CONFIG_VARIABLE)
    context.obj = Root(
        connect=context.obj or connect_agency,
        config=config or (Path(named) if named else None),
        language=check_language(lang) or check_language(get_environment(LANGUAGE_VARIABLE)) or "both",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code (`Exit`)."""
    try:
        app(arguments, prog_name=PROGRAM)
    except Exception:  # noqa: BLE001  a fault of ours must not look like a negative answer (1)
        traceback.print_exc()
        sys.exit(Exit.INTERNAL)
