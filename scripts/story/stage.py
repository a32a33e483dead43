"""What the acts share: the desks of agencies, who has which pseudonym, and what has happened so far.

A desk is one registered system with its own key, certificate and folder. What one desk learns reaches
another only through the ledger, a gateway or a vault, or on paper, as `Stage` keeps it for the story's
sake.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import zhenglian
from story import world
from story.home import Home
from story.people import Party
from story.screen import Screen
from zhenglian import AsyncClient, Plan, Receipt, ZhenglianError, build
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.civil_time import compute_now_ms, format_moment
from zhenglian_sdk.vault.client import VaultClient

CHANNELS = {"COUNTER": "WINDOW", "KIOSK": "KIOSK", "ONLINE": "PC", "BACK_OFFICE": "PC"}
CLERK = "0007"


class Desk:
    """A system at work: its client, its folder, and the clerk who sits there."""

    def __init__(self, system: str, client: AsyncClient, folder: Path, home: Home) -> None:
        """Work as `system` of its unit."""
        self.system = system
        self.unit = world.UNIT_BY_ID[world.SYSTEM_BY_ID[system].unit]
        self.client = client
        self.folder = folder
        self._home = home
        self._vaults: dict[str, VaultClient] = {}

    async def submit(self, *operations: Operation, atomic: bool = False) -> Receipt:
        """All operations took effect, in one signed batch; raises Refused with the first refusal."""
        return (await self.client.submit(operations, atomic=atomic)).raise_for_refusals()

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
    """A use that a desk opened: of which record, and whose it is."""

    record: bytes
    holders: frozenset[bytes]


@dataclass(slots=True)
class Stage:
    """The story so far."""

    home: Home
    screen: Screen
    today: date
    desks: dict[str, Desk] = field(default_factory=dict)
    ids: dict[Party, bytes] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    grants: dict[str, bytes] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    uses: dict[bytes, Use] = field(default_factory=dict)
    plan: Plan | None = None  # of the second restaurant, before the missing grant was given
    plans_asked: Counter[Party] = field(default_factory=Counter)
    fetched: list[Path] = field(default_factory=list)
    refusals: list[ZhenglianError] = field(default_factory=list)
    lies_caught: dict[str, ZhenglianError] = field(default_factory=dict)
    traces_complete: list[bool] = field(default_factory=list)

    async def get_desk(self, system: str) -> Desk:
        """The desk of a system, opened when first used."""
        if system not in self.desks:
            folder = self.home.get_system(system)
            client = await zhenglian.connect_async(folder / "agency.toml")
            desk = Desk(system, client, folder, self.home)
            channel = CHANNELS[world.SYSTEM_BY_ID[system].kind]
            client.set_context(build.context(actor=await desk.compute_clerk(), channel=channel))
            self.desks[system] = desk
        return self.desks[system]

    def get_day(self, days: int) -> str:
        """The civil day `days` after today, as builders take it."""
        return (self.today.fromordinal(self.today.toordinal() + days)).isoformat()

    def say(self, zh: str, en: str) -> None:
        """One thing that happened."""
        self.screen.say(zh, en)


@asynccontextmanager
async def open_stage(home: Home, screen: Screen) -> AsyncIterator[Stage]:
    """A stage whose desks are closed at the end."""
    stage = Stage(home, screen, date.fromisoformat(format_moment(compute_now_ms())[:10]))
    try:
        yield stage
    finally:
        for desk in stage.desks.values():
            await desk.client.close()
