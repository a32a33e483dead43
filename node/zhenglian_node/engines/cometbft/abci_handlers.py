"""The table: which ABCI request calls what of the application.

| connection | calls |
|---|---|
| consensus | InitChain, PrepareProposal, ProcessProposal, FinalizeBlock, Commit |
| mempool | CheckTx: no block waits for it |
| query, snapshot | Info, Query, ListSnapshots: they read what is committed |
| each | Echo, Flush |

Each connection's calls run in its own thread, one after the other, and none on the event loop. Nothing here
answers by guess: what is not in the table, and what the application raises, ends the node.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import structlog

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.cometbft.header import BLOCK_PROTOCOL
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.application import Application, FinalizedBlock
from zhenglian_node.app.peers import is_peer_allowed
from zhenglian_node.engines.cometbft.home import APP_VERSION
from zhenglian_node.engines.cometbft.refusals import Refusals
from zhenglian_node.engines.last_header import build_last_header_row
from zhenglian_proto.v1 import abci_pb2 as abci
from zhenglian_proto.v1.cometbft_pb2 import PublicKey

ABCI_VERSION: Final = "2.0.0"
NO_GAS_LIMIT: Final = -1

Handler = Callable[[Any], abci.Response]
"""Answers the requests of one kind."""

_FILTER: Final = "/p2p/filter/"

_log = structlog.get_logger(__name__)


class BlockListener(Protocol):
    """Hears of blocks as they come and are stored, in the thread of the consensus connection."""

    def begin_block(self, height: int) -> None:
        """The block of `height` is decided and is about to be carried out, maybe for the second time."""

    def end_block(self, height: int, finalized: FinalizedBlock) -> None:
        """The block of `height` is committed."""


class AbciHandlers:
    """Answers ABCI requests with one application."""

    def __init__(
        self,
        application: Application,
        listener: BlockListener,
        version: str,
        configured_peers: frozenset[bytes] = frozenset(),
    ) -> None:
        """Ready for the handshake; `version` is this program's, the peers are ids this node keeps calling."""
        self._application = application
        self._listener = listener
        self._version = version
        self._configured_peers = configured_peers
        self._refusals = Refusals()
        self._finalized: tuple[int, FinalizedBlock] | None = None
        self._last_header: dict[bytes, bytes] = {}
        self._table: dict[str, Handler] = {
            "echo": self._echo,
            "flush": self._flush,
            "info": self._info,
            "query": self._query,
            "check_tx": self._check_tx,
            "init_chain": self._init_chain,
            "prepare_proposal": self._prepare_proposal,
            "process_proposal": self._process_proposal,
            "finalize_block": self._finalize_block,
            "commit": self._commit,
            "list_snapshots": self._list_snapshots,
            "offer_snapshot": self._refuse,
            "load_snapshot_chunk": self._refuse,
            "apply_snapshot_chunk": self._refuse,
            "extend_vote": self._refuse,
            "verify_vote_extension": self._refuse,
        }

    def handle(self, request: abci.Request) -> abci.Response:
        """The reply to `request`; raises StoreError, after which the node must end."""
        name = request.WhichOneof("value")
        if name is None:
            raise StoreError(Code.ENGINE_FAILED, what="unknown ABCI request")
        return self._table[name](getattr(request, name))

    def _echo(self, request: abci.RequestEcho) -> abci.Response:
        return abci.Response(echo=abci.ResponseEcho(message=request.message))

    def _flush(self, _request: abci.RequestFlush) -> abci.Response:
        return abci.Response(flush=abci.ResponseFlush())

    def _info(self, request: abci.RequestInfo) -> abci.Response:
        """The handshake. What a CometBFT program calls itself is not to be relied on; these two are."""
        for what, expected, found in (
            ("ABCI", ABCI_VERSION, request.abci_version),
            ("block", BLOCK_PROTOCOL, request.block_version),
        ):
            if expected != found:
                raise StoreError(
                    Code.ENGINE_OTHER_VERSION, expected=f"{what} {expected}", found=f"{what} {found}"
                )
        stands = self._application.info()
        info = abci.ResponseInfo(
            data="zhenglian",
            version=self._version,
            app_version=APP_VERSION,
            last_block_height=stands.height,
            last_block_app_hash=stands.app_hash if stands.height else b"",
        )
        return abci.Response(info=info)

    def _query(self, request: abci.RequestQuery) -> abci.Response:
        """The peer filter, by the newest state and this node's own peers; nothing else is answered here."""
        is_allowed = request.path.startswith(_FILTER) and is_peer_allowed(
            self._application, request.path.removeprefix(_FILTER), self._configured_peers
        )
        node_id = request.path.rpartition("/")[2][:40]
        if not is_allowed and self._refusals.is_news(node_id, time.monotonic()):
            _log.warning("a peer was refused", node_id=node_id)
        code = Code.OK if is_allowed else Code.NOT_PERMITTED
        return abci.Response(query=abci.ResponseQuery(code=code))

    def _check_tx(self, request: abci.RequestCheckTx) -> abci.Response:
        is_new = request.type == abci.CHECK_TX_TYPE_NEW
        check = self._application.check_transaction if is_new else self._application.recheck_transaction
        checked = check(request.tx)
        return abci.Response(check_tx=abci.ResponseCheckTx(code=checked.code))

    def _init_chain(self, request: abci.RequestInitChain) -> abci.Response:
        app_hash = self._begin_chain(request)
        return abci.Response(init_chain=abci.ResponseInitChain(app_hash=app_hash))

    def _begin_chain(self, request: abci.RequestInitChain) -> bytes:
        """CometBFT's genesis says what ours says, or the era that begins; raises GENESIS_MISMATCH first."""
        application = self._application
        asked = {update.pub_key.ed25519: update.power for update in request.validators}
        pairs = (
            (request.chain_id, application.chain_id),
            (_read_digest(request.app_state_bytes, "genesis_digest"), application.genesis_digest),
            (_read_digest(request.app_state_bytes, "era_digest"), application.era_digest),
            (request.initial_height, application.get_next_height()),
            (asked, application.get_validators()),
            (request.consensus_params.version.app, APP_VERSION),
        )
        if any(found != expected for found, expected in pairs):
            raise StoreError(Code.GENESIS_MISMATCH)
        return application.init_chain(request.initial_height)

    def _prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.Response:
        transactions = self._application.prepare_proposal(list(request.txs), request.max_tx_bytes)
        return abci.Response(prepare_proposal=abci.ResponsePrepareProposal(txs=transactions))

    def _process_proposal(self, request: abci.RequestProcessProposal) -> abci.Response:
        is_accepted = self._application.process_proposal(list(request.txs))
        status = abci.PROPOSAL_STATUS_ACCEPT if is_accepted else abci.PROPOSAL_STATUS_REJECT
        return abci.Response(process_proposal=abci.ResponseProcessProposal(status=status))

    def _finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.Response:
        self._finalized = None
        self._last_header = build_last_header_row(request.height, request.hash)
        self._listener.begin_block(request.height)
        finalized = self._application.finalize_block(
            list(request.txs), request.height, compute_time_ms(request.time)
        )
        self._finalized = request.height, finalized
        return abci.Response(finalize_block=build_finalize_response(finalized))

    def _commit(self, _request: abci.RequestCommit) -> abci.Response:
        if self._finalized is None:
            raise StoreError(Code.ENGINE_FAILED, what="Commit without FinalizeBlock")
        height, finalized = self._finalized
        self._application.commit(self._last_header)
        self._finalized = None
        self._listener.end_block(height, finalized)
        return abci.Response(commit=abci.ResponseCommit())

    def _list_snapshots(self, _request: abci.RequestListSnapshots) -> abci.Response:
        return abci.Response(list_snapshots=abci.ResponseListSnapshots())

    def _refuse(self, request: Any) -> abci.Response:  # noqa: ANN401  whichever message it is
        """No snapshot is offered and no vote extended: whoever asks runs another configuration."""
        raise StoreError(Code.ENGINE_FAILED, what=f"unexpected {request.DESCRIPTOR.name}")


def build_finalize_response(finalized: FinalizedBlock) -> abci.ResponseFinalizeBlock:
    """What the block did, as CometBFT is told it: results, app hash, changed validators and limits."""
    outcome = finalized.outcome
    limits = None
    if outcome.new_max_block_bytes is not None:
        block = abci.BlockParams(max_bytes=outcome.new_max_block_bytes, max_gas=NO_GAS_LIMIT)
        limits = abci.ConsensusParams(block=block)
    updates = [
        abci.ValidatorUpdate(pub_key=PublicKey(ed25519=public_key), power=power)
        for public_key, power in outcome.validator_updates
    ]
    return abci.ResponseFinalizeBlock(
        tx_results=finalized.tx_results,
        validator_updates=updates,
        consensus_param_updates=limits,
        app_hash=finalized.app_hash,
    )


def _read_digest(app_state: bytes, name: str) -> bytes:
    """A digest that CometBFT's genesis names, or empty; raises StoreError(GENESIS_MISMATCH)."""
    try:
        return bytes.fromhex(json.loads(app_state).get(name, ""))
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(Code.GENESIS_MISMATCH) from error
