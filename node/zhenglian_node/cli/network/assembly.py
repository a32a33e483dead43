"""`network assemble`: requests become one genesis and one list of peers. Only public halves are read.

    regions ← members with their unit, office, keys and node (in the order given) ← the draft's own operations

The whole genesis is tried before it is written. Nobody has to trust whoever assembles: each member compares
the digest and looks itself up before it accepts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused
from zhenglian_ledger.genesis import compute_genesis_digest
from zhenglian_ledger.identifiers.regions import NO_END, REGIONS
from zhenglian_ledger.join_request import JoinRequest
from zhenglian_node.cli.genesis import complete_genesis
from zhenglian_node.cli.homes import verify_genesis
from zhenglian_node.cli.network.peers import PeersFile, build_peers
from zhenglian_node.cli.network.requests import CITY, build_member_operations
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import Region
from zhenglian_proto.v1.state_pb2 import MODE_PRODUCTION, Genesis, GenesisValidator
from zhenglian_proto.v1.types_pb2 import Interval

LEAST_VALIDATORS: Final = 4
"""With fewer, a network stops when a single one does."""

_REGIONS_SINCE_MS: Final = 1_577_808_000_000  # 2020-01-01 in Shanghai
_DISTINCT: Final[dict[str, Callable[[JoinRequest], object]]] = {
    "member": lambda request: request.member,
    "node id": lambda request: request.node_id,
    "validator key": lambda request: request.validator_key,
    "recovery key": lambda request: request.recovery_key,
    "sign key": lambda request: request.sign_key,
    "transport key": lambda request: request.transport_key,
    "CA": lambda request: request.transport_ca,
}
"""What no two members may share."""


def assemble(
    requests: Sequence[JoinRequest],
    name: str,
    now_ms: int,
    draft: Genesis | None = None,
    *,
    few_allowed: bool = False,
) -> tuple[Genesis, PeersFile]:
    """The genesis of the network `name`, and its nodes. What the draft leaves open is filled in.

    Raises InvalidInput(JOIN_REQUESTS_CLASH); Refused(TOO_FEW_VALIDATORS) unless `few_allowed`;
    StoreError(GENESIS_INVALID) if the ledger refuses an operation.
    """
    verify_distinct(requests)
    genesis = Genesis()
    genesis.CopyFrom(draft or Genesis())
    genesis.name = name or genesis.name
    genesis.mode = genesis.mode or MODE_PRODUCTION
    genesis.validators.extend(
        GenesisValidator(public_key=request.validator_key, member=request.member)
        for request in requests
        if request.is_validator
    )
    if len(genesis.validators) < (1 if few_allowed else LEAST_VALIDATORS):
        raise Refused(Code.TOO_FEW_VALIDATORS, limit=LEAST_VALIDATORS)
    operations = list(_build_operations(requests, genesis.operations))
    del genesis.operations[:]
    genesis.operations.extend(operations)
    complete_genesis(genesis, now_ms)
    verify_genesis(serialise(genesis))
    return genesis, build_peers(compute_genesis_digest(serialise(genesis)), requests)


def verify_distinct(requests: Sequence[JoinRequest]) -> None:
    """No two requests claim the same member, key or address; raises InvalidInput(JOIN_REQUESTS_CLASH)."""
    for what, get in _DISTINCT.items():
        _verify_unused(what, ((get(request), request.member) for request in requests))
    addresses = ((address, each.member) for each in requests for address in (each.p2p, each.api))
    _verify_unused("address", addresses)
    keys = ((key, each.member) for each in requests for key in _get_ed25519_keys(each))
    _verify_unused("key", keys)


def _get_ed25519_keys(request: JoinRequest) -> tuple[bytes, ...]:
    """Each serves one purpose of one member."""
    return request.recovery_key, request.sign_key, request.node_key, request.validator_key


def _verify_unused(what: str, values: Iterable[tuple[object, str]]) -> None:
    seen: dict[object, str] = {}
    for value, member in values:
        if value in seen:
            raise InvalidInput(Code.JOIN_REQUESTS_CLASH, what=what, first=seen[value], second=member)
        seen[value] = member


def _build_operations(requests: Iterable[JoinRequest], drafted: Iterable[bytes]) -> Iterator[bytes]:
    """The draft may name regions of its own, which then stand before whatever lies in them."""
    drafted_regions: list[bytes] = []
    others: list[bytes] = []
    for data in drafted:
        is_region = Operation.FromString(data).HasField("put_region")
        (drafted_regions if is_region else others).append(data)
    named = {Operation.FromString(data).put_region.id for data in drafted_regions}
    yield from (serialise(operation) for operation in build_region_operations(named))
    yield from drafted_regions
    for request in requests:
        yield from (serialise(operation) for operation in build_member_operations(request))
    yield from others


def build_region_operations(left_out: set[str]) -> Iterator[Operation]:
    """The city and its districts of today (GB/T 2260), but for those that are `left_out`."""
    for region in REGIONS:
        in_city = region.code[:2] == CITY[:2] and region.in_force_to == NO_END
        if in_city and region.code not in left_out:
            valid = Interval(from_ms=_REGIONS_SINCE_MS)
            yield Operation(put_region=Region(id=region.code, name=region.name, valid=valid))
