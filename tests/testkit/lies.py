"""Every lie that a node can tell in an answer.

`python -m tests.testkit.lies CONFIG` is the story's proxy, telling these.

A lie is as good as its teller can make it: all that it shows besides is true and proven under today's header,
and where a header itself is false, it is signed anew, by the teller's own key or even by the validator's.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from story import lying_proxy
from story.lying_proxy import Lie, read_proxy_config, serve_lies
from tests.testkit.ledger_objects import compute_seed
from tests.testkit.node_home import VALIDATOR
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.validators import build_validator_set, compute_validators_hash
from zhenglian_ledger.cometbft.votes import compute_vote_sign_bytes
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.proof_pb2 import LOG_ACCESS

FOREIGN_CHAIN: Final = "sandbox-00000000"
LIAR: Final = "liar"
FOREIGN_ROW: Final = "certificate of good conduct"


# headers


def sign_anew(light_block: LightBlock, signer: str) -> None:
    """The commit is for the header as it stands now, every vote signed with the seed of `signer`."""
    header, commit = light_block.signed_header.header, light_block.signed_header.commit
    commit.block_id.hash = compute_header_hash(header)
    for vote in commit.signatures:
        message = compute_vote_sign_bytes(
            header.chain_id, header.height, commit.round, commit.block_id, vote.timestamp
        )
        vote.signature = ed25519.sign(compute_seed(signer), message)


def tell_of_another_chain(answer: Any, _earlier: Any) -> None:
    """The header is of another network that the very same validator signs for."""
    answer.anchor.light_block.signed_header.header.chain_id = FOREIGN_CHAIN
    sign_anew(answer.anchor.light_block, VALIDATOR)


def sign_by_stranger(answer: Any, _earlier: Any) -> None:
    """The header is signed by another key than its validator's."""
    sign_anew(answer.anchor.light_block, LIAR)


def replace_validators(answer: Any, _earlier: Any) -> None:
    """The header names the teller's own validator, who signed it."""
    block: LightBlock = answer.anchor.light_block
    validators = build_validator_set([(ed25519.compute_public_key(compute_seed(LIAR)), 1)])
    block.validator_set.CopyFrom(validators)
    block.signed_header.header.validators_hash = compute_validators_hash(validators)
    block.signed_header.header.next_validators_hash = compute_validators_hash(validators)
    block.signed_header.commit.signatures[0].validator_address = validators.validators[0].address
    sign_anew(block, LIAR)


def alter_header(answer: Any, _earlier: Any) -> None:
    """The header carries another app hash than the one that was signed."""
    answer.anchor.light_block.signed_header.header.app_hash = bytes(32)


def alter_parts(answer: Any, _earlier: Any) -> None:
    """The ledger is said to have other statuses than its header vouches for."""
    answer.anchor.parts.status_root = bytes(32)


def leave_out_part(answer: Any, _earlier: Any) -> None:
    """A part of the app hash is missing."""
    answer.anchor.parts.ClearField("trace_root")


def roll_back(answer: Any, earlier: Any) -> None:
    """The whole answer is one of before: a true one, of a ledger that has gone on since."""
    answer.CopyFrom(earlier)


# records


def show_old_status(answer: node_pb2.RecordAnswer, earlier: node_pb2.RecordAnswer) -> None:
    """The status of before, under today's header."""
    answer.record.status.CopyFrom(earlier.record.status)
    answer.record.ClearField("change")


def hide_reason(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """What ended the record is not shown."""
    answer.record.ClearField("change")


def swap_status(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The status is that of the type, which is in force."""
    answer.record.status.CopyFrom(answer.type.status)


def swap_log(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The entry is said to stand in the access log."""
    answer.record.entry.log = LOG_ACCESS


def swap_index(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The entry is said to stand one place further on."""
    answer.record.entry.index += 1
    answer.record.status.index += 1


def truncate_path(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The Merkle path ends below the root."""
    del answer.record.entry.path[-1]


def bend_path(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The Merkle path leads elsewhere."""
    answer.record.entry.path[0] = bytes(32)


def alter_content(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The last byte of the record's entry is another one."""
    leaf = answer.record.entry.leaf
    answer.record.entry.leaf = leaf[:-1] + bytes([leaf[-1] ^ 1])


def show_another_signer(answer: node_pb2.RecordAnswer, earlier: node_pb2.RecordAnswer) -> None:
    """The signature is a true one, of another batch."""
    answer.record.signature.CopyFrom(earlier.record.signature)


def show_another_batch(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The leaf of the author's batch carries another signature than the author's."""
    proof = answer.record.signature.batch
    signature = decode_batch_leaf(proof.leaf).signature
    proof.leaf = proof.leaf.replace(signature, bytes(len(signature)))


def hide_signature(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """Who signed the record, and so whether that key is in doubt, is not shown."""
    answer.record.ClearField("signature")


def hide_signing_system(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """The signature is shown, and not for which unit it was made."""
    answer.record.signature.ClearField("system")


def hide_record(answer: node_pb2.RecordAnswer, _earlier: node_pb2.RecordAnswer) -> None:
    """There is no such record."""
    answer.CopyFrom(node_pb2.RecordAnswer(anchor=answer.anchor))


# traces


def shorten_trace(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """The newest element is left out; the count still counts it."""
    del answer.elements[-1]


def drop_element(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """One in the middle is left out."""
    del answer.elements[1]


def reorder_trace(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """The first two changed places."""
    first, second = answer.elements[0].SerializeToString(), answer.elements[1].SerializeToString()
    answer.elements[0].ParseFromString(second)
    answer.elements[1].ParseFromString(first)


def alter_element(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """The last byte of an element is another one."""
    leaf = answer.elements[0].leaf
    answer.elements[0].leaf = leaf[:-1] + bytes([leaf[-1] ^ 1])


def promise_more(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """Nothing is shown, with more to come."""
    del answer.elements[:]
    answer.more = True


def show_garbage(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """The first page holds bytes that nobody can read, with the rest to come."""
    if len(answer.elements) == answer.proof.count:
        del answer.elements[1:]
        answer.elements[0].leaf = b"\x01" + bytes(58) + b"\xff\xff"
        answer.more = True


def show_one_at_a_time(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """Each page holds one element, while each question adds one."""
    del answer.elements[1:]
    answer.more = True


def deny_trace(answer: node_pb2.TraceAnswer, _earlier: node_pb2.TraceAnswer) -> None:
    """Nothing was ever recorded."""
    answer.proof.present = False
    answer.proof.count = 0
    del answer.elements[:]


def show_another_trace(answer: node_pb2.TraceAnswer, earlier: node_pb2.TraceAnswer) -> None:
    """The trace is the one that was asked for before: somebody else's, and complete."""
    earlier.anchor.CopyFrom(answer.anchor)
    answer.CopyFrom(earlier)


# plans


def drop_row(answer: node_pb2.PlanAnswer, _earlier: node_pb2.PlanAnswer) -> None:
    """A row of the list is not answered."""
    del answer.rows[-1]


def add_row(answer: node_pb2.PlanAnswer, _earlier: node_pb2.PlanAnswer) -> None:
    """The applicant must submit what no list demands."""
    answer.rows.add(row=FOREIGN_ROW, name=FOREIGN_ROW, verdict=node_pb2.VERDICT_MUST_SUBMIT)


def exempt_by_another_record(answer: node_pb2.PlanAnswer, _earlier: node_pb2.PlanAnswer) -> None:
    """A row is exempt by a record that is true, and not the one named."""
    row = answer.rows[0]
    row.verdict, row.record = node_pb2.VERDICT_EXEMPT, bytes(32)
    row.proof.CopyFrom(answer.case)


# objects


def hide_whose_object(answer: node_pb2.ObjectAnswer, _earlier: node_pb2.ObjectAnswer) -> None:
    """Who signed the object is not shown: another unit's case of that number would do."""
    answer.object.ClearField("signature")


# grants and receipts


def revive_grant(answer: node_pb2.GrantAnswer, earlier: node_pb2.GrantAnswer) -> None:
    """The grant's status is that of before."""
    answer.chain.grants[0].status.CopyFrom(earlier.chain.grants[0].status)
    answer.chain.grants[0].ClearField("change")


def hide_attesting_key(answer: node_pb2.GrantAnswer, _earlier: node_pb2.GrantAnswer) -> None:
    """Which keys attested the grant, and so whether they are in doubt, is not shown."""
    del answer.chain.keys[:]


def accept_everything(answer: node_pb2.SubmitReply, _earlier: node_pb2.SubmitReply) -> None:
    """No operation of the batch was refused."""
    proof = answer.receipt.batch
    leaf = decode_batch_leaf(proof.leaf)
    proof.leaf = leaf._replace(results=(0,) * len(leaf.results), refused=()).encode()


def show_another_receipt(answer: node_pb2.SubmitReply, earlier: node_pb2.SubmitReply) -> None:
    """The leaf is that of the batch before."""
    answer.receipt.batch.leaf = earlier.receipt.batch.leaf


_IN_RECORDS: Final[dict[str, Callable[[Any, Any], None]]] = {
    "another chain": tell_of_another_chain,
    "another validator's signature": sign_by_stranger,
    "another validator set": replace_validators,
    "another header": alter_header,
    "another state": alter_parts,
    "an incomplete state": leave_out_part,
    "rolled back": roll_back,
    "another record": lying_proxy.show_another_record,
    "old status": show_old_status,
    "altered status": lying_proxy.revive,
    "no reason": hide_reason,
    "another index's status": swap_status,
    "another log": swap_log,
    "another index": swap_index,
    "truncated path": truncate_path,
    "bent path": bend_path,
    "altered content": alter_content,
    "another signer": show_another_signer,
    "forged signature": show_another_batch,
    "hidden signature": hide_signature,
    "hidden signing system": hide_signing_system,
    "hidden record": hide_record,
}
_IN_TRACES: Final[dict[str, Callable[[Any, Any], None]]] = {
    "shortened trace": shorten_trace,
    "shortened trace and count": lying_proxy.hide_last_entry,
    "dropped element": drop_element,
    "reordered trace": reorder_trace,
    "altered element": alter_element,
    "endless trace": promise_more,
    "garbage page": show_garbage,
    "one element a page": show_one_at_a_time,
    "denied trace": deny_trace,
    "another trace": show_another_trace,
}
_IN_PLANS: Final[dict[str, Callable[[Any, Any], None]]] = {
    "missing row": drop_row,
    "foreign row": add_row,
    "false exemption": lying_proxy.promise_exemption,
    "exempt by another record": exempt_by_another_record,
}
_OTHERS: Final = {
    "nobody's case": Lie("GetObject", hide_whose_object),
    "hidden attesting key": Lie("GetGrant", hide_attesting_key),
    "revived grant": Lie("GetGrant", revive_grant),
    "accepted refusal": Lie("Submit", accept_everything),
    "another receipt": Lie("Submit", show_another_receipt),
}

LIES: Final = {
    **{name: Lie("GetRecord", alter) for name, alter in _IN_RECORDS.items()},
    **{name: Lie("GetTrace", alter) for name, alter in _IN_TRACES.items()},
    **{name: Lie("GetPlan", alter) for name, alter in _IN_PLANS.items()},
    **_OTHERS,
}
"""Each lie by its name."""


if __name__ == "__main__":
    asyncio.run(serve_lies(read_proxy_config(Path(sys.argv[1])), LIES))
