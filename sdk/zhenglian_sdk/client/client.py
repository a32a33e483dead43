"""AsyncClient: the parts of a client under one name, for one system of one unit.

    async with await connect_async("agency.toml") as client:
        answer = await client.verify(record)

Every method here hands on to the part that has it; what it does and raises is written there.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from grpc import aio

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError
from zhenglian_ledger.trustfile import TrustFile
from zhenglian_proto.v1.node_pb2 import QueryRequest
from zhenglian_proto.v1.operation_pb2 import Context
from zhenglian_sdk.actors import Actors
from zhenglian_sdk.agency import AgencyConfig, Endpoint, Passphrase, read_agency_config
from zhenglian_sdk.builders.uses import plan_query
from zhenglian_sdk.channel import TlsFiles, open_channel, read_channel_credentials
from zhenglian_sdk.client.bulk import Bulk
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.governance import GovernanceReads
from zhenglian_sdk.client.grants import Grants
from zhenglian_sdk.client.network import NodeReport, ask_every_node
from zhenglian_sdk.client.nodes import Incident
from zhenglian_sdk.client.opinions import Nothing, confirm
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.reads import Reads
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission
from zhenglian_sdk.client.traces import Traces
from zhenglian_sdk.client.trust import read_trust_store
from zhenglian_sdk.client.trust_export import build_trust_file
from zhenglian_sdk.client.uses import Uses
from zhenglian_sdk.identity.client import GatewayClient
from zhenglian_sdk.plan import Plan, verify_plan
from zhenglian_sdk.signer import FileSigner, Signer
from zhenglian_sdk.vault.client import VaultClient


class AsyncClient:
    """A system's client. Use it as a context, or close it: closing keeps the trust it has reached.

    `session` signs and asks. As configured: `gateway` is the identity gateway, `vaults` the vault system of
    each custodian, `recipient_key` the public key that files are released to, empty where there is none.
    """

    def __init__(
        self,
        session: Session,
        *,
        tls: TlsFiles | None = None,
        gateway: Endpoint | None = None,
        actor_key: bytes | None = None,
        vaults: Mapping[str, str] | None = None,
        recipient_key: bytes = b"",
    ) -> None:
        """Stand on `session`; gateway and vaults are reached with `tls`. Nothing is sent yet."""
        self.session = session
        self.vaults = dict(vaults or {})
        self.recipient_key = recipient_key
        self._tls = tls
        self._actor_key = actor_key
        self._channels: list[aio.Channel] = []
        self._gateway = GatewayClient(self._open(gateway), gateway.target) if gateway else None
        self._submission = Submission(session)
        self._reads = Reads(session)
        self._traces = Traces(session)
        self._grants = Grants(session, self._submission, self._reads)
        self._uses = Uses(session, self._submission)
        bulk = Bulk(session, self._submission)
        governance = GovernanceReads(session)
        # writing
        self.submit = self._submission.submit
        self.submit_all = bulk.submit_all
        self.get_receipt = self._submission.get_receipt
        # reading
        self.verify = self._reads.verify
        self.get_object = self._reads.get_object
        self.get_grant = self._reads.get_grant
        self.get_status = self._reads.get_status
        self.get_proposal = governance.get_proposal
        self.get_governance = governance.get_governance
        self.trace_subject = self._traces.trace_subject
        self.trace_grant = self._traces.trace_grant
        self.trace_record = self._traces.trace_record
        self.trace_unit = self._traces.trace_unit
        self.trace_actor = self._traces.trace_actor
        # grants and uses
        self.complete_grant = self._grants.complete
        self.give_grant = self._grants.give
        self.prepare_grant_change = self._grants.prepare_change
        self.change_grant = self._grants.change
        self.revoke_grant = self._grants.revoke
        self.open_use = self._uses.open_use
        self.present = self._uses.present
        self.compute_present_target = self._uses.compute_present_target
        self.rely = self._uses.rely
        self.close_use = self._uses.close_use
        self.get_use = self._uses.get_use
        self.fetch = self._uses.fetch

    @property
    def chain_id(self) -> str:
        """The chain that the trust file names."""
        return self.session.trust.chain_id

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What was wrong with nodes so far, oldest first, also where another answered; the last hundred."""
        return tuple(self.session.nodes.incidents)

    @property
    def answered_by(self) -> str:
        """The node (host:port) that gave the newest answer; empty before the first."""
        return self.session.nodes.answered_by

    def build_trust_file(self) -> TrustFile:
        """A trust file of the newest trusted header, for another system; raises as `build_trust_file`."""
        return build_trust_file(self.session.trust)

    async def get_nodes(self) -> list[NodeReport]:
        """What every configured node says and proves of itself now, or what is wrong with it."""
        return await ask_every_node(self.session)

    @property
    def gateway(self) -> GatewayClient:
        """The identity gateway; raises StoreError(CONFIG_INVALID) where none is configured."""
        if self._gateway is None:
            raise StoreError(Code.CONFIG_INVALID, field="gateway")
        return self._gateway

    async def get_actors(self) -> Actors:
        """The unit's actor pseudonyms; raises StoreError(CONFIG_INVALID) where no key is configured."""
        if self._actor_key is None:
            raise StoreError(Code.CONFIG_INVALID, field="actor_key_file")
        return Actors(self._actor_key, await self.session.get_unit())

    async def connect_vault(self, target: str, *, server_name: str = "") -> VaultClient:
        """The vault at `target` (host:port), over a channel that is closed with the client."""
        return VaultClient(self._open(Endpoint(target, server_name)), target)

    def set_context(self, context: Context) -> None:
        """Operations without a context of their own are made under `context` from now on."""
        self.session.context = context

    async def plan(self, case_number: str) -> Plan:
        """The verified reuse plan of the unit's own open case, its issuers by name; it leaves a trace.

        What it does not name is stated; another node is asked for the same plan where one is configured.
        Raises Refused: NOT_FOUND, CASE_NOT_OPEN; VerificationFailed; Unreachable.
        """
        unit = await self.session.get_unit()

        def build() -> QueryRequest:
            return self.session.build_query(plan_query(case_number))

        async def look(node: NodeConnection) -> Plan:
            answer, proven = await self.session.ask_at(node, lambda stub: stub.GetPlan, build)
            now_ms = self.session.now_ms()
            return verify_plan(proven, answer, unit=unit, case_number=case_number, now_ms=now_ms)

        plan = await confirm(self.session, look, Plan.get_stated)
        if isinstance(plan, Nothing):
            raise Denied(Code.ANSWER_MALFORMED, field="plan")
        return plan.with_names(await self._reads.get_unit_names(plan.issuing_units))

    async def close(self) -> None:
        """Trust is on disk and every channel is closed."""
        await self.session.close()
        for channel in self._channels:
            await channel.close(None)

    def _open(self, endpoint: Endpoint) -> aio.Channel:
        if self._tls is None:
            raise StoreError(Code.CONFIG_INVALID, field="tls")
        channel = open_endpoint(self._tls, endpoint)
        self._channels.append(channel)
        return channel

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()


async def connect_async(
    config: Path | str | AgencyConfig,
    *,
    passphrase: Passphrase = None,
    signer: Signer | None = None,
    options: Options | None = None,
) -> AsyncClient:
    """A client as the configuration says; `signer` takes the place of its key file. Nothing is sent yet.

    Raises InvalidInput (FILE_NOT_FOUND, WRONG_PASSPHRASE, KEY_FILE_INVALID, TRUST_FILE_INVALID), StoreError.
    """
    read = config if isinstance(config, AgencyConfig) else read_agency_config(config)
    held = signer or FileSigner(read.key_file, read.read_passphrase(passphrase))
    first, *others = [
        NodeConnection(open_endpoint(read.tls, endpoint), endpoint.target) for endpoint in read.nodes
    ]
    session = Session(
        node=first,
        more=others,
        signer=held,
        system=read.system,
        trust=read_trust_store(read.trust_file, read.state_dir),
        options=options or Options(),
    )
    return AsyncClient(
        session,
        tls=read.tls,
        gateway=read.gateway,
        actor_key=read.read_actor_key(),
        vaults=read.vaults,
        recipient_key=read.read_recipient_key() or b"",
    )


def open_endpoint(tls: TlsFiles, endpoint: Endpoint) -> aio.Channel:
    """A channel to an endpoint; raises InvalidInput(FILE_NOT_FOUND)."""
    return open_channel(endpoint.target, read_channel_credentials(tls), server_name=endpoint.server_name)
