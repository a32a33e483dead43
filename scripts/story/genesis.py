"""A network of the story's own: the whole table becomes its genesis (`registry`)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from story import world
from story.registry import Entry
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.genesis import build_parameters
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_proto.v1.members_pb2 import KeyOperation
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX, Genesis, GenesisValidator


def build_genesis(entries: Iterable[Entry], validator: bytes, now_ms: int) -> Genesis:
    """The whole genesis, its time `now_ms`; the centre validates with the public key `validator`."""
    return Genesis(
        name=world.NETWORK,
        genesis_time_ms=now_ms,
        mode=MODE_SANDBOX,
        rules_digest=compute_rules_digest(),
        parameters=build_parameters(1),
        validators=[GenesisValidator(public_key=validator, member=world.CENTRE_MEMBER)],
        operations=[serialise(operation) for operation in build_operations(entries)],
    )


def build_operations(entries: Iterable[Entry]) -> Iterator[Operation]:
    """Every operation of the genesis, in order; a member's keys are numbered in one sequence."""
    sequences: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, Operation):
            yield entry
        else:
            sequences[entry.member] += 1
            body = KeyOperation.Body(member=entry.member, sequence=sequences[entry.member], add=entry.key)
            yield Operation(key=KeyOperation(body=body))
