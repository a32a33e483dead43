"""The provable state (SPEC 4.6): S(h) for the newest h whose header h+1 is available. Answers come from it.

Rows are read from the snapshot taken at S(h). The two trees stand in memory and move on while answers are
being made; they keep the version before the newest change, so an answer begun on one block can be finished
during the next. One that takes longer is told to begin anew.
"""

from dataclasses import dataclass, field
from threading import Lock

from zhenglian_ledger.block import Outcome
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.head import Head, Trees
from zhenglian_node.app.warm_view import WarmView
from zhenglian_node.storage.port import Snapshot
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import RecordProof
from zhenglian_proto.v1.types_pb2 import Kind


class VersionedTrees:
    """The trees with the number of the version they stand at; one thread commits, any thread reads paths."""

    def __init__(self, trees: Trees) -> None:
        """Start at version 0."""
        self.trees = trees
        self.version = 0
        self._lock = Lock()

    def commit(self, outcome: Outcome) -> None:
        """The trees stand after the outcome's block; the version grows if it changed anything."""
        with self._lock:
            outcome.commit_to(self.trees)
            self.version += outcome.is_changed

    def get_status_path(self, version: int, chunk: int) -> list[bytes]:
        """Path of a status chunk in `version`; raises Denied(STATE_MOVED) if that is no longer held."""
        with self._lock:
            status = self.trees.status
            return status.path(chunk) if self._is_current(version) else status.previous_path(chunk)

    def get_trace_path(self, version: int, bucket: int) -> list[bytes]:
        """Path of a trace bucket in `version`; raises Denied(STATE_MOVED) if that is no longer held."""
        with self._lock:
            trace = self.trees.trace
            return trace.path(bucket) if self._is_current(version) else trace.previous_path(bucket)

    def _is_current(self, version: int) -> bool:
        if version not in (self.version, self.version - 1):
            raise Denied(Code.STATE_MOVED)
        return version == self.version


@dataclass(frozen=True, slots=True)
class CommittedState:
    """What one block left: its head, the rows, and the version of the trees."""

    head: Head
    view: WarmView
    version: int


@dataclass(frozen=True, slots=True)
class Provable:
    """A committed state whose app hash stands in the header of `light_block`."""

    head: Head
    view: Snapshot
    light_block: LightBlock
    version: int
    trees: VersionedTrees
    remembered: dict[tuple[Kind, bytes], RecordProof] = field(default_factory=dict, compare=False)

    @property
    def height(self) -> int:
        """The height the state is proven for: the one before the header's."""
        return self.light_block.signed_header.header.height - 1

    @property
    def time_ms(self) -> int:
        """The time of the header that proves the state: ledger time, as far as anybody can show."""
        return compute_time_ms(self.light_block.signed_header.header.time)

    def status_path(self, chunk: int) -> list[bytes]:
        """Path of a status chunk to `head.status_root`; raises Denied(STATE_MOVED): begin anew."""
        return self.trees.get_status_path(self.version, chunk)

    def trace_path(self, bucket: int) -> list[bytes]:
        """Path of a trace bucket to `head.trace_root`; raises Denied(STATE_MOVED): begin anew."""
        return self.trees.get_trace_path(self.version, bucket)
