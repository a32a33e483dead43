"""Answers about grants and uses: chains from the grant that is used to what the root rests on (SPEC 8.5)."""

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.rows import ACCESS, REGISTRY
from zhenglian_ledger.rules.records import get_message
from zhenglian_ledger.verify.grants import compute_attesting_key
from zhenglian_ledger.verify.use import USES
from zhenglian_node.app.answers_proofs import ProofBuilder
from zhenglian_node.app.answers_records import build_type, find_record_by_id
from zhenglian_node.app.provable import Provable
from zhenglian_proto.v1.grants_pb2 import GRANT_KIND_STATUTORY, GiveGrant
from zhenglian_proto.v1.node_pb2 import GrantAnswer, UseAnswer
from zhenglian_proto.v1.proof_pb2 import GrantChainProof
from zhenglian_proto.v1.state_pb2 import GrantState
from zhenglian_proto.v1.types_pb2 import KIND_GRANT, KIND_RULE, KIND_USE


def build_grant_answer(provable: Provable, grant: bytes) -> GrantAnswer:
    """A grant with its chain as it stands; `uses_left` is the least of the chain's counters."""
    builder = ProofBuilder(provable)
    answer = GrantAnswer(anchor=builder.build_anchor())
    links = get_links(builder, grant)
    if not links:
        return answer
    states = [builder.state.get_state(KIND_GRANT, index, GrantState) for index, _ in links]
    answer.found = True
    answer.chain.CopyFrom(build_chain(builder, grant))
    answer.uses_left = min(
        give.body.scope.uses - state.uses_taken for (_, give), state in zip(links, states, strict=True)
    )
    answer.events = states[0].events
    return answer


def build_use_answer(provable: Provable, use: bytes) -> UseAnswer | None:
    """What stands behind an accepted use: opener, record, type, and each grant's chain; None without one."""
    builder = ProofBuilder(provable)
    index = builder.get_index(KIND_USE, use)
    if index is None:
        return None
    operation = builder.state.get_operation(ACCESS, index)
    kind = operation.WhichOneof("kind")
    message = getattr(operation, kind) if kind in USES else None
    found = None if message is None else find_record_by_id(builder, message.record)
    if message is None or found is None:  # a use is accepted only of a record that exists
        raise StoreError(Code.STORE_CORRUPTED, what=f"use at {index}")
    record_kind, record_index = found
    record = get_message(builder.state.get_operation(REGISTRY, record_index))
    return UseAnswer(
        anchor=builder.build_anchor(),
        use=builder.build_inclusion(ACCESS, index),
        record=builder.build_record(record_kind, record_index),
        chains=[build_chain(builder, grant) for grant in (message.grants if kind == "open_use" else ())],
        kind=record_kind,
        type=build_type(builder, record_kind, record.type),
        opening=builder.build_signature(builder.state.get_entry(ACCESS, index)),
    )


def build_chain(builder: ProofBuilder, grant: bytes) -> GrantChainProof:
    """The grant (first) and its ancestors, the keys that attested them, a statutory root's rule."""
    links = get_links(builder, grant)
    proof = GrantChainProof(grants=[builder.build_record(KIND_GRANT, index) for index, _ in links])
    attested = (give for _, give in links if give.HasField("attestation"))
    for kind, key in dict.fromkeys(map(compute_attesting_key, attested)):
        proof.keys.append(builder.build_existing(kind, key))
    root = links[-1][1].body
    if root.kind == GRANT_KIND_STATUTORY:
        proof.basis.CopyFrom(builder.build_existing(KIND_RULE, root.rule.encode()))
    return proof


def get_links(builder: ProofBuilder, grant: bytes) -> list[tuple[int, GiveGrant]]:
    """(registry index, grant) of the grant and its ancestors to the root; empty if it does not exist."""
    links = []
    wanted = grant
    while wanted:
        found = builder.state.get_object(KIND_GRANT, wanted)
        if found is None:
            return []
        give = found.operation.give_grant
        links.append((found.index, give))
        wanted = give.body.parent
    return links
