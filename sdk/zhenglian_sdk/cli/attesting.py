"""Whose will it is: by a holder's key file, at this counter, or confirmed on the holder's phone.

--holder-key FILE                                   the holder's own key, which need not be an agency's
--counter --window W --written-grant FILE --staff N signed on paper before a clerk of this system
--holder person:-                                   the identity gateway asks the holder, and waits
--session ID                                        … or fetches what was confirmed since
"""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_sdk.attesting import GatewaySession, ask_holder, attest_at_counter, attest_by_holder_key
from zhenglian_sdk.cli.arguments import id_option
from zhenglian_sdk.cli.subjects import parse_number
from zhenglian_sdk.cli.work import Work, ask_passphrase, get_environment
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.files import read_bytes, read_text
from zhenglian_sdk.signer import FileSigner

HOLDER_PASSPHRASE_VARIABLE: Final = "ZHENGLIAN_HOLDER_PASSPHRASE"  # noqa: S105  its name, not its value

_PAUSE_S: Final = 2.0


@dataclass(frozen=True)
class Attesting:
    """Who attests, as options say it; exactly one way."""

    holder_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="持有人密钥文件 / the holder's key file")
    ] = None
    holder_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=f"其口令文件，或 {HOLDER_PASSPHRASE_VARIABLE} / its passphrase file"
        ),
    ] = None
    counter: Annotated[
        bool, typer.Option("--counter", help="窗口见证的书面授权 / signed at this counter")
    ] = False
    window: Annotated[str, typer.Option(help="窗口号 / number of the window")] = ""
    written_grant: Annotated[
        Path | None, typer.Option(metavar="FILE", help="已签授权书的扫描件 / scan of the signed grant")
    ] = None
    holder: Annotated[
        str,
        typer.Option(
            metavar="person:-|legal:USCC", help="经身份网关请持有人确认 / ask the holder to confirm"
        ),
    ] = ""
    session: Annotated[bytes, id_option(help="已开启的网关会话 / a gateway session opened before")] = b""
    wait: Annotated[int, typer.Option(min=0, metavar="SECONDS", help="等待确认的秒数 / how long to wait")] = (
        120
    )
    sandbox_confirm: Annotated[
        bool,
        typer.Option("--sandbox-confirm", help="仅沙箱：代持有人确认 / sandbox only: stands for the phone"),
    ] = False

    async def attest(
        self, work: Work, target: bytes, subject: bytes, shown: str, client: AsyncClient | None = None
    ) -> Attestation:
        """The will of `subject` over `target` (32 bytes each), which `shown` says in plain Chinese.

        A `client` that is open already is used; a holder's own key needs none.

        Raises BadParameter unless exactly one way is named, and what that way raises.
        """
        ways = [bool(self.holder_key), self.counter, bool(self.holder), bool(self.session)]
        if sum(ways) != 1:
            raise typer.BadParameter(
                "--holder-key | --counter | --holder | --session: 须且只须其一 / exactly one"
            )
        if self.holder_key is not None:
            signer = FileSigner(self.holder_key, self._read_passphrase())
            return attest_by_holder_key(target, subject, signer)
        paper = self._read_paper(work) if self.counter else b""
        async with nullcontext(client) if client else work.open_client() as opened:
            if self.counter:
                return await self._attest_at_counter(work, opened, target, subject, paper)
            return await self._attest_by_gateway(work, opened, target, shown)

    def _read_paper(self, work: Work) -> bytes:
        """The SHA-256 of the signed paper, once all that a counter must name is there."""
        if self.written_grant is None or not (self.window and work.acting.staff):
            raise typer.BadParameter("--counter: --window, --written-grant, --staff")
        return sha256(read_bytes(self.written_grant)).digest()

    def _read_passphrase(self) -> str:
        if self.holder_passphrase_file is not None:
            return read_text(self.holder_passphrase_file, Code.INPUT_INVALID).removesuffix("\n")
        passphrase = get_environment(HOLDER_PASSPHRASE_VARIABLE) or ask_passphrase(
            "持有人口令 holder's passphrase: "
        )
        if not passphrase:
            raise StoreError(Code.CONFIG_INVALID, field=HOLDER_PASSPHRASE_VARIABLE)
        return passphrase

    async def _attest_at_counter(
        self, work: Work, client: AsyncClient, target: bytes, subject: bytes, paper: bytes
    ) -> Attestation:
        return attest_at_counter(
            target,
            subject,
            client.session.signer,
            system=client.session.system,
            clerk=(await client.get_actors()).compute_clerk(work.acting.staff),
            window=self.window,
            written_grant=paper,
        )

    async def _attest_by_gateway(
        self, work: Work, client: AsyncClient, target: bytes, shown: str
    ) -> Attestation:
        """Wait for the holder; raises Denied(SESSION_UNCONFIRMED) if the time is over before."""
        if self.session:
            asked = GatewaySession(client.gateway, self.session)
        else:
            asked = await ask_holder(client.gateway, parse_number(self.holder), target, shown)
            work.screen.note(
                f"已请持有人确认，会话 {asked.session.hex()}",
                f"the holder is asked to confirm, session {asked.session.hex()}",
            )
        if self.sandbox_confirm:
            await asked.confirm_for_sandbox()
        return await self._wait(asked)

    async def _wait(self, asked: GatewaySession) -> Attestation:
        waited_s = 0.0
        while True:
            try:
                return await asked.attest()
            except Denied as error:
                if error.code != Code.SESSION_UNCONFIRMED or waited_s >= self.wait:
                    raise
            await asyncio.sleep(_PAUSE_S)
            waited_s += _PAUSE_S
