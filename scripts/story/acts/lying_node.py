"""说谎的节点: a proxy with a certificate of the node's own member alters answers.

The SDK raises instead of believing; nothing else tells the story that it was lied to.
"""

import zhenglian
from story import catalogue, world
from story.acts import dispute
from story.configs import build_agency_config
from story.home import PROXY
from story.lying_proxy import LIES
from story.people import RESTAURANT
from story.stage import Stage
from zhenglian import AsyncClient
from zhenglian_ledger.errors import VerificationFailed


class LieBelieved(Exception):
    """An altered answer was taken for true: the story ends here."""


async def tell(stage: Stage) -> None:
    """Tell the act; raises LieBelieved."""
    stage.screen.chapter("说谎的节点被当场识破", "a lying node is caught")
    async with (
        await _connect(stage, world.PUTUO_COUNTER) as putuo,
        await _connect(stage, world.AUDITOR) as auditor,
    ):
        _set_lie(stage, "")
        answer = await putuo.verify(stage.records[dispute.LICENCE])
        stage.say(f"代理如实转发时：{answer.state}", "while the proxy hands on as it is")
        for lie in LIES:
            _set_lie(stage, lie)
            try:
                await _ask(stage, lie, auditor if lie == "hidden entry" else putuo)
            except VerificationFailed as error:
                stage.lies_caught[lie] = error
                stage.say(_SHOWN[lie], lie)
                stage.screen.refuse(error)
            else:
                raise LieBelieved(lie)


_SHOWN = {
    "revived": "把已被替代的证照说成有效",
    "another record": "用另一张证照的回答顶替",
    "hidden entry": "隐瞒最近一次使用记录",
    "false exemption": "把还要办的材料全说成免交",
}


async def _ask(stage: Stage, lie: str, client: AsyncClient) -> None:
    """The question in whose answer the lie is told."""
    if lie == "hidden entry":
        await client.trace_subject(stage.ids[RESTAURANT], "经代理查询")
    elif lie == "false exemption":
        await client.plan(stage.get_number(catalogue.OPEN_PUTUO))
    elif lie == "another record":
        await client.verify(stage.records["food business permit"])
    else:
        await client.verify(stage.records[dispute.DISPUTED])


def _set_lie(stage: Stage, lie: str) -> None:
    (stage.home.get_system(PROXY) / "lie.txt").write_text(lie, encoding="utf-8")


async def _connect(stage: Stage, system: str) -> AsyncClient:
    """A client of the system that takes the proxy for its node; everything else is as usual."""
    path = stage.home.get_system(system) / "agency-by-proxy.toml"
    path.write_text(build_agency_config(stage.home, system, stage.home.addresses[PROXY]), encoding="utf-8")
    client = await zhenglian.connect_async(path)
    await stage.catch_up(client)
    return client
