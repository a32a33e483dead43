"""The command line without a ledger: a client that remembers what it was asked, and answers as it was told.

    client = MemoryClient(answer=...)
    result = run_cli(client, "verify", "00" * 32, "--json")

Only what commands ask of `AsyncClient` is here. What a real client answers is tested with a real node.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from typer.testing import CliRunner, Result

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.objects import OBJECTS
from zhenglian_ledger.verify.sentences import AnswerState, Assurance
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX
from zhenglian_sdk.actors import Actors
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.client.answers import Answer
from zhenglian_sdk.client.bulk import Progress
from zhenglian_sdk.client.receipts import OperationResult, Receipt
from zhenglian_sdk.identity.local import LocalGateway
from zhenglian_sdk.signer import MemorySigner

UNIT = "huangpu"
CHAIN_ID = "sandbox-00000000"
HEIGHT = 7
_FIELDS = {form.field: kind for kind, form in OBJECTS.items()}


class MemoryClient:
    """Stands where commands expect a client."""

    def __init__(
        self,
        *,
        answer: Answer | None = None,
        error: ZhenglianError | None = None,
        judge: Callable[[Operation], Code] = lambda _operation: Code.OK,
    ) -> None:
        """Answer with `answer`, or fail with `error`; `judge` says what becomes of each operation."""
        self.answer = answer or build_answer(AnswerState.VALID)
        self.error = error
        self.judge = judge
        self.objects: dict[tuple[int, str], Any] = {}
        self.submitted: list[Operation] = []
        self.batches: dict[str, list[bytes]] = {}
        self.asked: list[dict[str, Any]] = []
        self.context = Context()
        self.chain_id = CHAIN_ID
        self.vaults: dict[str, str] = {}
        self.recipient_key = b""
        self.incidents: tuple[Any, ...] = ()
        self.answered_by = ""
        self.gateway = build_gateway()
        signer = MemorySigner(bytes([9] * 32))
        self.session = SimpleNamespace(get_unit=self._get_unit, system="huangpu-office", signer=signer)

    async def verify(self, record: bytes = b"", **question: Any) -> Answer:
        self.asked.append({"record": record, **question})
        if self.error is not None:
            raise self.error
        return self.answer

    async def get_object(self, kind: int, identifier: str) -> Any:
        return self.objects.get((kind, identifier))

    async def get_actors(self) -> Actors:
        return Actors(bytes(32), UNIT)

    def set_context(self, context: Context) -> None:
        self.context = context

    def complete_grant(self, draft: GrantBody) -> GrantBody:
        body = GrantBody()
        body.CopyFrom(draft)
        body.nonce = body.nonce or b"n" * 16
        return body

    async def submit(
        self, operations: Iterable[Operation], *, request_id: str | None = None, atomic: bool = False
    ) -> Receipt:
        if self.error is not None:
            raise self.error
        given = list(operations)
        encoded = [serialise(each) for each in given]
        first = self.batches.setdefault(request_id, encoded) if request_id else encoded
        results = [self._take(ordinal, each) for ordinal, each in enumerate(given)]
        assert not atomic or len(given) > 1
        return build_receipt(results, identical=first == encoded)

    async def submit_all(
        self,
        operations: Iterable[Operation],
        *,
        request_prefix: str | None = None,
        in_flight: int = 8,
        report: Callable[[Progress], None] | None = None,
    ) -> list[Receipt]:
        assert in_flight
        receipt = await self.submit(operations, request_id=request_prefix and f"{request_prefix}/0")
        if report is not None:
            report(Progress(1, len(receipt.results), len(receipt.refusals)))
        return [receipt]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    def _take(self, ordinal: int, operation: Operation) -> OperationResult:
        code = self.judge(operation)
        kind = operation.WhichOneof("kind") or ""
        message = getattr(operation, kind)
        self.submitted.append(operation)
        if code is Code.OK and kind.startswith("put_"):
            self.objects[_FIELDS[kind], message.id] = SimpleNamespace(message=message, is_valid=True)
        return OperationResult(ordinal, code)

    async def _get_unit(self) -> str:
        return UNIT


def build_gateway() -> LocalGateway:
    """An identity gateway in this process."""
    return LocalGateway(
        pseudonym_key=bytes([7] * 32),
        signer=MemorySigner(bytes([8] * 32)),
        system="gateway-1",
        mode=MODE_SANDBOX,
    )


def build_receipt(results: Iterable[OperationResult], *, identical: bool = True) -> Receipt:
    """A receipt of those results."""
    return Receipt(
        batch_index=3,
        height=HEIGHT,
        time_ms=1_767_225_600_000,
        nonce=bytes(16),
        results=tuple(results),
        identical=identical,
        proof=node_pb2.Receipt(),
    )


def build_answer(state: AnswerState, *, disputed: bool = False, code: Code = Code.OK) -> Answer:
    """An answer of that state, without a record behind it."""
    assurance = (
        Assurance.STATED if state in (AnswerState.NOT_FOUND, AnswerState.UNKNOWN) else Assurance.PROVEN
    )
    return Answer(
        state, disputed, assurance, "中文句", "English sentence", height=HEIGHT, time_ms=1, code=code
    )


def run_cli(
    client: Any, *arguments: str | Path, env: dict[str, str] | None = None, typed: str = ""
) -> Result:
    """What the command line does with `client` behind it and `typed` on standard input."""

    async def connect(_config: Path) -> Any:
        return client

    given = {"ZHENGLIAN_CONFIG": "agency.toml", "ZHENGLIAN_LANG": None, "ZHENGLIAN_PASSPHRASE": None}
    runner = CliRunner(env={**given, **(env or {})})
    result = runner.invoke(app, [str(each) for each in arguments], input=typed, obj=connect)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@contextmanager
def changed_byte(path: Path) -> Iterator[None]:
    """One bit of the file is turned meanwhile."""
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    try:
        yield
    finally:
        path.write_bytes(content)
