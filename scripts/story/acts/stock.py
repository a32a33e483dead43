"""存量归集: the stock of business licences is loaded at once, under a mandate.

Each licence has an id from the gateway and a digest of its data; the whole load is a few signed batches, each
proven by one leaf. Asked for again under the same request id, it is the same load and not a second one.
"""

import json
import secrets
from collections.abc import Iterator

from story import catalogue, world
from story.people import CONTRACTOR, DESIGNER, OWNER, Party, build_bulk_company
from story.stage import Desk, Stage
from story.steps import Document, make_file, store
from zhenglian import build
from zhenglian_ledger.identifiers import compose_licence_identifier
from zhenglian_proto.v1.identity_pb2 import ResolveReason
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import Content
from zhenglian_sdk.content import compute_digests
from zhenglian_sdk.hashing import HashedFile

KNOWN = (OWNER, DESIGNER, CONTRACTOR)
COUNT = 2_048


async def tell(stage: Stage) -> None:
    """Tell the act."""
    stage.screen.chapter("存量归集：营业执照", "the stock of business licences is loaded")
    desk = await stage.get_desk(world.CENTRE_OFFICE)
    companies = [*KNOWN, *(build_bulk_company(number) for number in range(COUNT - len(KNOWN)))]
    numbers = [company.to_message() for company in companies]
    reason = ResolveReason(licence_type=catalogue.BUSINESS)
    holders = await desk.client.gateway.resolve_subjects(reason, numbers)
    stage.ids.update(zip(companies, holders, strict=True))
    identifiers = [
        compose_licence_identifier(catalogue.BUSINESS, world.MARKET, f"{number:010d}", "001")
        for number in range(len(companies))
    ]
    licences = await desk.client.gateway.resolve_licences(catalogue.BUSINESS, identifiers)
    files = {licence: _draw(desk, company) for licence, company in zip(licences, companies, strict=False)
             if company in KNOWN}  # fmt: skip
    contents = _write_data(desk, companies, identifiers)
    operations = [
        _build(stage, licence, holder, files[licence].content if licence in files else content)
        for licence, holder, content in zip(licences, holders, contents, strict=True)
    ]
    request = f"stock-{licences[0].hex()}"  # the next story loads another stock
    with stage.screen.progress("批量上链", len(operations)) as bar:
        receipts = await desk.client.submit_all(
            operations, request_prefix=request, report=lambda progress: bar.reach(progress.operations)
        )
    for receipt in receipts:
        receipt.raise_for_refusals()
    for licence, file in files.items():
        await store(desk, licence, file)
    accepted = sum(len(receipt.results) for receipt in receipts)
    stage.say(
        f"{accepted} 张营业执照已归集，{len(receipts)} 个签名批次，每批一个证明",
        f"{accepted} licences in {len(receipts)} signed batches, one proof each",
    )
    desk.count(operations)
    again = await desk.client.submit_all(operations, request_prefix=request)
    first = all(one.batch_index == other.batch_index for one, other in zip(receipts, again, strict=True))
    stage.say(f"同一请求重发：{'得到首次回执' if first else '不一致'}", "asked again: the first receipts")


def _build(stage: Stage, licence: bytes, holder: bytes, content: Content) -> Operation:
    return build.issue_licence(
        id=licence,
        type=catalogue.BUSINESS,
        holders=[holder],
        issuing_unit=world.MARKET,
        custodian=world.CENTRE,
        valid=build.interval(stage.get_day(-900)),
        content=content,
        origin="BACKLOADED",
    )


def _write_data(desk: Desk, companies: list[Party], identifiers: list[str]) -> list[Content]:
    """The data of each licence is a line of a file in the desk's folder; the salted digests of the lines."""
    folder = desk.folder / "outbox"
    folder.mkdir(exist_ok=True)
    contents = []
    with (folder / "stock.jsonl").open("w", encoding="utf-8") as file:
        for data, salt in _compose(companies, identifiers):
            file.write(json.dumps({"salt": salt.hex(), "data": data}, ensure_ascii=False) + "\n")
            contents.append(compute_digests([data.encode()], salt).to_content())
    return contents


def _compose(companies: list[Party], identifiers: list[str]) -> Iterator[tuple[str, bytes]]:
    for company, identifier in zip(companies, identifiers, strict=True):
        fields = {"ZZMC": "营业执照", "ZZBS": identifier, "CZZT": company.zh, "CZZTDM": company.number}
        yield json.dumps(fields, ensure_ascii=False), secrets.token_bytes(32)


def _draw(desk: Desk, company: Party) -> HashedFile:
    rows = [("持证主体", company.zh), ("统一社会信用代码", company.number), ("发证机关", "市市场监管部门")]
    return make_file(desk, f"business-licence-{company.number}", Document("营业执照", rows, "市市场监管部门"))
