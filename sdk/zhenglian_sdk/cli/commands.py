"""How a command is made: a function with its own options becomes one that also has what every command has.

    @command(case_app, "accept")
    async def accept_case(client: AsyncClient, screen: Screen, number: Number) -> None: ...

A parameter of type AsyncClient, Screen or Work is handed in; a parameter whose type is a dataclass stands for
its fields, each an option; every other one is an argument or option of its own. Whatever is raised becomes a
sentence and an exit code here, and nowhere else.
"""

import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, ZhenglianError
from zhenglian_sdk.cli.exits import Exit, compute_exit
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.cli.work import Acting, Root, Shared, Work, check_language
from zhenglian_sdk.client.client import AsyncClient

Handler = Callable[..., Any]
"""What a command does; returns an Exit, or None for OK."""


def command(app: typer.Typer, name: str) -> Callable[[Handler], Handler]:
    """The decorated function is the command `name` of `app`; its docstring is the help."""

    def register(handler: Handler) -> Handler:
        app.command(name)(_build_callback(handler))
        return handler

    return register


def _build_callback(handler: Handler) -> Handler:
    """What typer calls: the handler's own options, then those of the dataclasses."""
    own = inspect.signature(handler).parameters
    groups: dict[str, Any] = {
        name: parameter.annotation for name, parameter in own.items() if _is_options(parameter.annotation)
    }
    injected = {name: p.annotation for name, p in own.items() if p.annotation in (AsyncClient, Screen, Work)}
    has_client = not {AsyncClient, Work}.isdisjoint(injected.values())
    added = [Acting, Shared] if has_client else [Shared]
    parameters = [inspect.Parameter("_root", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for name, parameter in own.items():
        if name in groups:
            parameters += _get_options(groups[name])
        elif name not in injected:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    for shared in added:
        parameters += _get_options(shared)

    def call(**values: Any) -> None:  # noqa: ANN401  what typer has parsed
        root: Root = values.pop("_root").obj
        shared = _take(Shared, values)
        acting = _take(Acting, values) if has_client else Acting()
        arguments = {name: _take(kind, values) for name, kind in groups.items()}
        screen = Screen(check_language(shared.lang) or root.language, is_json=shared.json)
        work = Work(screen, root.connect, shared.config or root.config, acting)
        code = _run(handler, injected, work, values | arguments)
        if code:
            raise typer.Exit(code)

    call.__name__, call.__doc__ = handler.__name__, handler.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _run(
    handler: Handler, injected: Mapping[str, Any], work: Work, arguments: Mapping[str, Any]
) -> Exit | None:
    async def perform() -> Exit | None:
        given: dict[str, Any] = {name: work.screen for name, kind in injected.items() if kind is Screen}
        given |= {name: work for name, kind in injected.items() if kind is Work}
        clients = [name for name, kind in injected.items() if kind is AsyncClient]
        if not clients:
            return await _await(handler(**given, **arguments))
        async with work.open_client() as client:
            return await _await(handler(**given, **{clients[0]: client}, **arguments))

    try:
        return asyncio.run(perform())
    except ZhenglianError as error:
        work.screen.fail(error)
        return compute_exit(error)
    except OSError as error:
        invalid = InvalidInput(Code.INPUT_INVALID, what=f"{error.filename or ''}: {error.strerror or error}")
        work.screen.fail(invalid)
        return compute_exit(invalid)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


async def _await(result: Any) -> Exit | None:  # noqa: ANN401  a coroutine or what it returns
    code: Exit | None = await result if inspect.isawaitable(result) else result
    return code


def _is_options(annotation: Any) -> bool:  # noqa: ANN401  any type
    return dataclasses.is_dataclass(annotation) and annotation is not Work


def _get_options(group: Any) -> list[inspect.Parameter]:  # noqa: ANN401  a dataclass
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=field.type,
        )
        for field in dataclasses.fields(group)
    ]


def _take(group: Any, values: dict[str, Any]) -> Any:  # noqa: ANN401  a dataclass and its instance
    return group(**{field.name: values.pop(field.name) for field in dataclasses.fields(group)})
