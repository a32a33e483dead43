"""What the acts share: the desks of agencies, who has which pseudonym, and what has happened so far.

A desk is one registered system with its own key, certificate and folder. What one desk learns reaches
another only through the ledger, a gateway or a vault, or on paper, as `Stage` keeps it for the story's
sake. Where desks ask different nodes, whoever is handed something waits until its own node has it too.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import zhenglian
from story import catalogue, world
from story.home import Home
from story.people import Party
from story.screen import Screen
from zhenglian import AsyncClient, Plan, Receipt, ZhenglianError, build
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_CASE, Attestation
from zhenglian_proto.v1.uses_pb2 import Particulars
from zhenglian_sdk.civil_time import compute_now_ms, format_moment
from zhenglian_sdk.client.network import NodeReport
from zhenglian_sdk.client.nodes import Fault
from zhenglian_sdk.vault.client import VaultClient

CHANNELS = {"COUNTER": "WINDOW", "KIOSK": "KIOSK", "ONLINE": "PC", "BACK_OFFICE": "PC"}
CLERK = "0007"
PAUSE_S = 0.02
PATIENCE_S = 60


class Desk:
    """A system at work: its client, its folder, and the clerk who sits there.

    `counted` is how many operations of each kind it brought to the ledger, as their receipts prove.
    """

    def __init__(self, system: str, client: AsyncClient, folder: Path, home: Home) -> None:
        """Work as `system` of its unit."""
        self.system = system
        self.unit = world.UNIT_BY_ID[world.SYSTEM_BY_ID[system].unit]
        self.client = client
        self.folder = folder
        self.counted: Counter[str] = Counter()
        self._home = home
        self._vaults: dict[str, VaultClient] = {}

    async def submit(self, *operations: Operation, atomic: bool = False) -> Receipt:
        """All operations took effect, in one signed batch; raises Refused with the first refusal."""
        receipt = (await self.client.submit(operations, atomic=atomic)).raise_for_refusals()
        self.count(operations)
        return receipt

    async def give_grant(self, body: GrantBody, attestation: Attestation) -> bytes:
        """The grant is on the ledger; its id."""
        grant = await self.client.give_grant(body, attestation)
        self.counted["give_grant"] += 1
        return grant

    async def open_use(self, record: bytes, grants: Iterable[bytes], particulars: Particulars) -> bytes:
        """A release is open under the grants, to a fresh key; its id."""
        key = secrets.token_bytes(32)
        opened = await self.client.open_use(record, grants, particulars, recipient_key=key)
        self.counted["open_use"] += 1
        return opened.id

    async def rely(self, record: bytes, use: bytes, particulars: Particulars) -> None:
        """The unit decided on what `use` gave it."""
        await self.client.rely(record, use, particulars)
        self.counted["rely"] += 1

    def count(self, operations: Iterable[Operation]) -> None:
        """The operations took effect."""
        self.counted.update(operation.WhichOneof("kind") or "" for operation in operations)

    async def get_vault(self, unit: str) -> VaultClient:
        """The vault of a unit."""
        vault = world.VAULT_BY_UNIT[unit]
        if vault not in self._vaults:
            self._vaults[vault] = await self.client.connect_vault(self._home.addresses[vault])
        return self._vaults[vault]

    async def compute_clerk(self) -> bytes:
        """The pseudonym of the clerk, under the unit's own key."""
        return (await self.client.get_actors()).compute_clerk(CLERK)


@dataclass(slots=True)
class Case:
    """A case of the story: its number, matter and unit."""

    number: str
    matter: str
    unit: str


@dataclass(frozen=True, slots=True)
class Use:
    """A use that a desk opened: of which record, whose it is, and which unit keeps it."""

    record: bytes
    holders: frozenset[bytes]
    custodian: str


@dataclass(slots=True)
class Stage:
    """The story so far."""

    home: Home
    screen: Screen
    today: date
    edition: int = 1  # which telling on this network: every case number ends with it
    desks: dict[str, Desk] = field(default_factory=dict)
    ids: dict[Party, bytes] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    grants: dict[str, bytes] = field(default_factory=dict)
    uses: dict[bytes, Use] = field(default_factory=dict)
    plan: Plan | None = None  # of the second restaurant, before the missing grant was given
    plans_asked: Counter[Party] = field(default_factory=Counter)
    fetched: list[Path] = field(default_factory=list)
    refusals: list[ZhenglianError] = field(default_factory=list)
    lies_caught: dict[str, ZhenglianError] = field(default_factory=dict)
    traces_complete: list[bool] = field(default_factory=list)
    reached: int = 0  # the greatest height that was handed from one desk to another
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)  # desks are opened one at a time

    async def get_desk(self, system: str) -> Desk:
        """The desk of a system, opened when first used; its node has all that any desk has seen."""
        async with self.opening:
            if system not in self.desks:
                await self._open_desk(system)
        await self.catch_up(self.desks[system].client)
        return self.desks[system]

    async def _open_desk(self, system: str) -> None:
        folder = self.home.get_system(system)
        client = await zhenglian.connect_async(folder / "agency.toml")
        desk = self.desks[system] = Desk(system, client, folder, self.home)
        await self.catch_up(client)
        channel = CHANNELS[world.SYSTEM_BY_ID[system].kind]
        client.set_context(build.context(actor=await desk.compute_clerk(), channel=channel))

    async def catch_up(self, client: AsyncClient) -> None:
        """The nodes of `client` prove at least what any desk has been proven so far."""
        heights = [desk.client.session.trust.height for desk in self.desks.values()]
        self.reached = max(self.reached, *heights)
        if client.session.trust.height < self.reached:
            await wait_until_reached(client, self.reached)

    async def choose_edition(self) -> None:
        """The first edition whose first case nobody has opened yet, so that a story can be told again."""
        desk = await self.get_desk(world.XUHUI_COUNTER)
        while await desk.client.get_object(
            KIND_CASE, f"{desk.unit.id}\0{self.get_number(catalogue.OPEN_XUHUI)}"
        ):
            self.edition += 1

    def get_number(self, matter: str) -> str:
        """The number of the one case of `matter` in this telling: XH-KBFD-0001."""
        return f"{catalogue.MATTER_BY_ID[matter].series}-{self.edition:04}"

    def get_day(self, days: int) -> str:
        """The civil day `days` after today, as builders take it."""
        return (self.today.fromordinal(self.today.toordinal() + days)).isoformat()

    def say(self, zh: str, en: str) -> None:
        """One thing that happened."""
        self.screen.say(zh, en)


async def wait_until_reached(client: AsyncClient, height: int) -> None:
    """Every node of `client` that answers has the header of `height`; raises TimeoutError after a minute."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if not any(_is_before(report, height) for report in await client.get_nodes()):
                return
            await asyncio.sleep(PAUSE_S)


def _is_before(report: NodeReport, height: int) -> bool:
    return report.fault is Fault.LAGGING or (report.status is not None and report.header_height < height)


@asynccontextmanager
async def open_stage(home: Home, screen: Screen) -> AsyncIterator[Stage]:
    """A stage whose desks are closed at the end."""
    stage = Stage(home, screen, date.fromisoformat(format_moment(compute_now_ms())[:10]))
    try:
        yield stage
    finally:
        for desk in stage.desks.values():
            await desk.client.close()
