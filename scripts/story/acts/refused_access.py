"""What fails before anything is read or written: a key stays shut, a node or a vault does not answer.

Each function tries one thing in earnest; what it raises is the refusal.
"""

import secrets

import zhenglian
from story import catalogue, world
from story.configs import build_agency_config
from story.home import draw_addresses
from story.stage import Stage
from zhenglian_sdk.agency import read_agency_config


async def mistype_passphrase(stage: Stage) -> None:
    """The file of the system's signing key is opened with a passphrase that is not its own."""
    path = stage.home.get_system(world.PUTUO_COUNTER) / "agency.toml"
    async with await zhenglian.connect_async(read_agency_config(path), passphrase=secrets.token_hex(16)):
        pass


async def ask_silent_node(stage: Stage) -> None:
    """A client whose configuration names an address where no node listens."""
    path = stage.home.get_system(world.PUTUO_COUNTER) / "agency-without-node.toml"
    path.write_text(build_agency_config(stage.home, world.PUTUO_COUNTER, _draw_silent()), encoding="utf-8")
    async with await zhenglian.connect_async(path) as client:
        await client.plan(stage.get_number(catalogue.OPEN_PUTUO))


async def ask_silent_vault(stage: Stage) -> None:
    """A file is to be fetched from an address where no vault listens."""
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    vault = await counter.client.connect_vault(_draw_silent())
    await vault.fetch_to_file(next(iter(stage.uses)), counter.folder / "received" / "nothing.pdf")


def _draw_silent() -> str:
    """An address of this machine at which nobody listens."""
    return draw_addresses(("nobody",))["nobody"]
