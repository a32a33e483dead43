"""The story of a record, told through the public face: real node, gateway and vault, mTLS between them all.

issue → verify → grant on the holder's phone → plan → open, fetch, rely → revoke → refused, and traced →
dispute → supersede → the subject's whole trace.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.gateway_process import GatewayProcess
from tests.testkit.ledger_objects import (
    APPLICATION_FORM,
    CENTRE_OFFICE,
    HUANGPU,
    HUANGPU_COUNTER,
    MARKET,
    MARKET_OFFICE,
    applicant_row,
    issued_row,
    put_licence_type,
    put_matter,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from tests.testkit.vault_process import VaultProcess
from zhenglian import Assurance, Client, Code, State, Trace, Verdict, ZhenglianError, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.identifiers import compose_licence_identifier, compute_id_card_check
from zhenglian_ledger.verify.trace import TracedEntry
from zhenglian_proto.v1.identity_pb2 import IDENTITY_KIND_NATURAL_PERSON, IdentityNumber, ResolveReason
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_proto.v1.uses_pb2 import Particulars
from zhenglian_sdk.attesting import ask_holder
from zhenglian_sdk.client.uses import AcceptedUse
from zhenglian_sdk.sidecar import compute_sidecar_path

LICENCE_TYPE: Final = "11100000000013338W011"
MATTER: Final = "M.STORY"
CASE: Final = "HP-2026-1"
CONTENT: Final = b"%PDF-1.7 business licence" * 4096


@dataclass(frozen=True)
class Issued:
    """A licence on the ledger, and its file as its issuer has it."""

    record: bytes
    path: Path


@dataclass(frozen=True)
class Agencies:
    """The desks of the story: who issues and keeps, who relies, who inspects."""

    market: Client
    counter: Client
    auditor: Client
    vault: str
    directory: Path

    # identity

    def resolve(self, person: IdentityNumber) -> bytes:
        """Whose pseudonym the market bureau will issue to."""
        reason = ResolveReason(licence_type=LICENCE_TYPE)
        (subject,) = self.market.run(self.market.gateway.resolve_subjects(reason, [person]))
        return subject

    def confirm(self, person: IdentityNumber, target: bytes, shown: str) -> Attestation:
        """The holder read `shown` on the phone and confirmed; the counter fetched the gateway's word."""

        async def story() -> Attestation:
            session = await ask_holder(self.counter.gateway, person, target, shown)
            with pytest.raises(ZhenglianError) as caught:
                await session.attest()
            assert caught.value.code == Code.SESSION_UNCONFIRMED
            await session.confirm_for_sandbox()
            return await session.attest()

        return self.counter.run(story())

    # issuing

    def issue(self, subject: bytes, number: int, *, supersedes: bytes = b"") -> Issued:
        """A licence with its file in the vault."""
        identifier = compose_licence_identifier(LICENCE_TYPE, "310101", f"{number:07}", "001")
        (record,) = self.market.run(self.market.gateway.resolve_licences(LICENCE_TYPE, [identifier]))
        path = self.directory / f"{number}.pdf"
        path.write_bytes(CONTENT + bytes([number]))
        hashed = zhenglian.hash_file(path)
        licence = build.issue_licence(
            id=record, type=LICENCE_TYPE, holders=[subject], issuing_unit=MARKET, custodian=MARKET,
            valid=build.interval("2000-01-01"), content=hashed.content, supersedes=supersedes,
        )  # fmt: skip
        self.market.submit([licence], request_id=f"issue/{number}").raise_for_refusals()
        hashed.write_sidecar(record)
        vault = self.market.connect_vault(self.vault)
        stored = self.market.run(
            vault.store(record, path, salt=hashed.salt, digests=hashed.digests, media_type="application/pdf")
        )
        assert stored == len(CONTENT) + 1
        return Issued(record, path)

    # relying

    def open_case(self, subject: bytes, number: str) -> None:
        """The subject applies at Huangpu."""
        case = build.open_case(
            number, matter=MATTER, matter_version=1, applicant=subject, promised="2199-12-31"
        )
        self.counter.submit([case], request_id=f"open/{number}").raise_for_refusals()

    def give_missing_grant(self, person: IdentityNumber, case: str) -> bytes:
        """The one grant that the plan misses, as it drafted it and the holder confirmed it."""
        (draft,) = self.counter.plan(case).drafts
        body = self.counter.complete_grant(draft)
        attestation = self.confirm(person, compute_grant_id(body), "同意黄浦区调取营业执照")
        return self.counter.give_grant(body, attestation, request_id=f"grant/{case}")

    def open_use(self, record: bytes, grant: bytes, case: str) -> AcceptedUse:
        """A release is open."""
        return self.counter.open_use(
            record, [grant], build_particulars(case), recipient_key=secrets.token_bytes(32)
        )

    def fetch(self, use: bytes, name: str) -> Path:
        """The file of the use, as the counter has it now."""
        path = self.directory / name
        self.counter.fetch(self.counter.connect_vault(self.vault), use, path)
        return path


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agencies]:
    directory = tmp_path_factory.mktemp("story")
    home = SandboxHome.create(directory / "node", extra=build_extra_operations())
    gateway = GatewayProcess(home, directory / "gateway", callers=[MARKET_OFFICE, HUANGPU_COUNTER])
    with ExitStack() as stack:
        node = stack.enter_context(NodeProcess(home))
        stack.enter_context(gateway)
        vault = stack.enter_context(VaultProcess(home, node.address, directory / "vault"))
        market, counter, auditor = (
            stack.enter_context(
                zhenglian.connect(write_agency(directory, home, system, gateway=gateway.target))
            )
            for system in (MARKET_OFFICE, HUANGPU_COUNTER, CENTRE_OFFICE)
        )
        made = Agencies(market, counter, auditor, vault.target, directory)
        clerk = made.counter.get_actors().compute_clerk("0042")
        made.counter.set_context(build.context(actor=clerk, channel="WINDOW", stage="ACCEPTANCE"))
        yield made


def build_extra_operations() -> list[Operation]:
    """A licence type under its national code, and a matter that asks for it."""
    rows = [issued_row("licence", LICENCE_TYPE), applicant_row("form", APPLICATION_FORM)]
    return [
        Operation(put_licence_type=put_licence_type(id=LICENCE_TYPE, issuing_units=[MARKET])),
        Operation(put_matter=put_matter(id=MATTER, basic_code="000131005001", rows=rows)),
    ]


def build_person(number: int) -> IdentityNumber:
    """Somebody with a well-formed identity number."""
    first = f"31010119900101{number:03}"
    return IdentityNumber(kind=IDENTITY_KIND_NATURAL_PERSON, number=first + compute_id_card_check(first))


def build_particulars(case: str) -> Particulars:
    return build.particulars(matter=MATTER, case_number=case, whole_document=True)


def get_kinds(trace: Trace) -> list[str]:
    return [entry.operation.WhichOneof("kind") or "" for entry in trace.entries]


def get_refusals(trace: Trace, kind: str) -> list[TracedEntry]:
    return [
        entry for entry in trace.entries if entry.entry.code and entry.operation.WhichOneof("kind") == kind
    ]


# the story


def test_a_record_from_its_issue_to_its_successor(agencies: Agencies) -> None:
    person = build_person(1)
    subject = agencies.resolve(person)
    issued = agencies.issue(subject, 1)
    answer = agencies.counter.verify(issued.record)
    assert (answer.state, answer.assurance, answer.issuer) == (State.VALID, Assurance.PROVEN, MARKET)

    agencies.open_case(subject, CASE)
    grant = plan_and_grant(agencies, person, issued.record)
    use = use_and_rely(agencies, issued, grant)
    refused = revoke_and_be_refused(agencies, person, issued.record, grant)
    successor = dispute_and_supersede(agencies, subject, issued.record)

    agencies.counter.submit([build.advance_case(CASE, "ACCEPT")]).raise_for_refusals()

    trace = agencies.auditor.trace_subject(subject, "inspection 7")
    assert trace.assurance is Assurance.PROVEN
    assert trace.count == len(trace.entries)
    assert get_kinds(trace) == [
        "verify_query",  # right after the issue
        "plan_query",  # what is missing?
        "plan_query",  # which drafted the grant
        "give_grant",
        "plan_query",  # nothing is missing any more
        "open_use",
        "close_use",  # by the vault
        "rely",
        "change_grant",
        "open_use",  # refused
        "raise_dispute",
        "verify_query",
        "verify_query",  # superseded
        "clear_dispute",
        "verify_query",
        "audit_query",  # has the record changed?
    ]
    uses = [entry.operation.open_use.id for entry in trace.entries if entry.operation.HasField("open_use")]
    assert uses == [use, refused]
    assert agencies.counter.verify(successor).is_valid


def plan_and_grant(agencies: Agencies, person: IdentityNumber, record: bytes) -> bytes:
    """The plan names what is missing, never which record; with the grant the row is exempt, proven."""
    row, form = agencies.counter.plan(CASE).rows
    assert (row.verdict, row.record_id, form.verdict) == (Verdict.NEEDS_GRANT, b"", Verdict.MUST_SUBMIT)
    grant = agencies.give_missing_grant(person, CASE)
    standing = agencies.counter.get_grant(grant)
    assert (standing.is_live, standing.chain.bodies[0].grantee.unit) == (True, HUANGPU)
    row, form = agencies.counter.plan(CASE).rows
    assert (row.verdict, row.assurance, row.record_id) == (Verdict.EXEMPT, Assurance.PROVEN, record)
    assert form.verdict is Verdict.MUST_SUBMIT
    return grant


def use_and_rely(agencies: Agencies, issued: Issued, grant: bytes) -> bytes:
    """The file reaches the counter byte for byte, with what proves it; the counter decides on it."""
    use = agencies.open_use(issued.record, grant, CASE).id
    path = agencies.fetch(use, "fetched.pdf")
    assert path.read_bytes() == issued.path.read_bytes()
    assert compute_sidecar_path(path).read_text() == compute_sidecar_path(issued.path).read_text()
    agencies.counter.rely(issued.record, use, build_particulars(CASE))
    return use


def revoke_and_be_refused(agencies: Agencies, person: IdentityNumber, record: bytes, grant: bytes) -> bytes:
    """The holder takes the grant back: the next use is refused, and the refusal is in the unit's trace."""

    async def attest(target: bytes) -> Attestation:
        session = await ask_holder(agencies.counter.gateway, person, target, "撤回授权")
        await session.confirm_for_sandbox()
        return await session.attest()

    agencies.counter.revoke_grant(grant, attest)
    assert agencies.counter.get_grant(grant).chain.liveness.code == Code.GRANT_REVOKED
    use = secrets.token_bytes(32)
    with pytest.raises(ZhenglianError) as caught:
        agencies.counter.open_use(
            record, [grant], build_particulars(CASE), recipient_key=secrets.token_bytes(32), use=use
        )
    assert caught.value.code == Code.GRANT_REVOKED
    unit = agencies.auditor.trace_unit(HUANGPU, "inspection 7")
    (refusal,) = get_refusals(unit, "open_use")
    assert (refusal.operation.open_use.id, refusal.entry.code) == (use, Code.GRANT_REVOKED)
    of_the_grant = agencies.auditor.trace_grant(grant, "inspection 7")
    assert get_kinds(of_the_grant) == [
        "give_grant", "open_use", "close_use", "rely", "change_grant", "open_use",
    ]  # fmt: skip
    return use


def dispute_and_supersede(agencies: Agencies, subject: bytes, record: bytes) -> bytes:
    """A wrong name is disputed, and the record shows it; then it is issued anew, and shows its successor."""
    dispute = build.raise_dispute(
        record, ground="WRONG_FIELD", fields=["NAME"], statement=secrets.token_bytes(32)
    )
    agencies.counter.submit([dispute]).raise_for_refusals()
    answer = agencies.counter.verify(record)
    assert (answer.state, answer.disputed, answer.assurance) == (State.VALID, True, Assurance.PROVEN)
    assert answer.verified is not None
    (shown,) = answer.verified.disputes
    assert shown.message.id == dispute.raise_dispute.id

    successor = agencies.issue(subject, 2, supersedes=record).record
    answer = agencies.counter.verify(record)
    assert (answer.state, answer.successor) == (State.SUPERSEDED, successor)
    clearing = build.clear_dispute(dispute.raise_dispute.id, resolution="CORRECTED", root_cause="ENTRY_ERROR")
    agencies.market.submit([clearing]).raise_for_refusals()
    assert not agencies.counter.verify(record).disputed
    changes = agencies.counter.trace_record(record, "before the decision")
    assert get_kinds(changes) == ["raise_dispute", "issue_licence", "clear_dispute"]
    return successor


# what is left of it elsewhere


def test_of_a_subject_that_nobody_touched_it_is_proven_that_nothing_is_recorded(agencies: Agencies) -> None:
    nobody = agencies.resolve(build_person(9))
    trace = agencies.auditor.trace_subject(nobody, "inspection 7")
    assert (trace.count, trace.entries, trace.assurance) == (0, (), Assurance.PROVEN)
    agencies.issue(agencies.resolve(build_person(8)), 8)  # a block in which the question is recorded
    again = agencies.auditor.trace_subject(nobody, "inspection 7")
    assert get_kinds(again) == ["audit_query"]  # that it was asked for is all that there is


def test_a_record_that_never_changed_has_no_trace_and_that_is_proven(agencies: Agencies) -> None:
    issued = agencies.issue(agencies.resolve(build_person(3)), 3)
    assert agencies.counter.verify(issued.record).is_valid
    trace = agencies.counter.trace_record(issued.record, "before the decision")
    assert (trace.count, trace.assurance) == (0, Assurance.PROVEN)


def test_a_renamed_file_is_the_record_and_one_with_a_changed_byte_is_not(
    agencies: Agencies, tmp_path: Path
) -> None:
    issued = agencies.issue(agencies.resolve(build_person(4)), 4)
    assert agencies.counter.verify(file=issued.path).is_valid
    renamed = tmp_path / "营业执照 (副本).pdf"
    renamed.write_bytes(issued.path.read_bytes())
    compute_sidecar_path(renamed).write_text(compute_sidecar_path(issued.path).read_text())
    answer = agencies.counter.verify(file=renamed)
    assert (answer.state, answer.assurance) == (State.VALID, Assurance.PROVEN)

    changed = bytearray(renamed.read_bytes())
    changed[len(changed) // 2] ^= 1
    renamed.write_bytes(changed)
    answer = agencies.counter.verify(file=renamed)
    assert (answer.state, answer.code) == (State.INVALID, Code.FILE_DIGEST_MISMATCH)
    assert not answer.is_valid
    assert answer.zh == answer.code.zh


def test_a_file_without_its_sidecar_is_not_recognised_by_its_content(
    agencies: Agencies, tmp_path: Path
) -> None:
    issued = agencies.issue(agencies.resolve(build_person(5)), 5)
    bare = tmp_path / "bare.pdf"
    bare.write_bytes(issued.path.read_bytes())
    answer = agencies.counter.verify(file=bare)
    assert (answer.state, answer.assurance) == (State.NOT_FOUND, Assurance.STATED)
