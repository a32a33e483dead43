"""A registry object by kind and id: the newest version, and the case of the very unit that was asked for."""

import pytest

from tests.testkit.chain_kit import ProvenChain, fails
from tests.testkit.ledger_objects import (
    BUILDING,
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    PUDONG,
    PUDONG_OFFICE,
    open_case,
    put_licence_type,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.rows import case_id
from zhenglian_ledger.verify.object import verify_object
from zhenglian_node.app.answers import ProofBuilder, build_object_answer
from zhenglian_proto.v1.node_pb2 import ObjectAnswer
from zhenglian_proto.v1.types_pb2 import KIND_CASE, KIND_LICENCE_TYPE

NUMBER = "2026-0001"
OF_HUANGPU, OF_PUDONG = case_id(HUANGPU, NUMBER), case_id(PUDONG, NUMBER)


@pytest.fixture
def chain() -> ProvenChain:
    """Two units have a case of the same number, of different applicants."""
    chain = ProvenChain()
    chain.accept(HUANGPU_COUNTER, open_case())
    chain.accept(PUDONG_OFFICE, open_case(matter=BUILDING, applicant=HAN_MEIMEI))
    return chain


def ask(chain: ProvenChain, identifier: bytes) -> ObjectAnswer:
    return build_object_answer(chain.provable, KIND_CASE, identifier)


def meet(chain: ProvenChain, reply: ObjectAnswer) -> Code | None:
    proven = chain.prove(reply.anchor)
    return fails(lambda: verify_object(proven, reply.object, kind=KIND_CASE, identifier=OF_HUANGPU))


def test_a_case_is_the_one_of_its_unit(chain: ProvenChain) -> None:
    reply = ask(chain, OF_HUANGPU)
    proven = chain.prove(reply.anchor)
    case = verify_object(proven, reply.object, kind=KIND_CASE, identifier=OF_HUANGPU)
    assert case.message.applicant == LI_LEI


def test_another_units_case_of_the_same_number_is_told_apart(chain: ProvenChain) -> None:
    assert meet(chain, ask(chain, OF_PUDONG)) is Code.PROOF_WRONG_SIGNER


def test_a_case_without_its_signature_is_nobodys(chain: ProvenChain) -> None:
    reply = ask(chain, OF_PUDONG)
    reply.object.signature.ClearField("system")
    assert meet(chain, reply) is Code.PROOF_WRONG_SIGNER
    unsigned = ask(chain, OF_HUANGPU)
    unsigned.object.ClearField("signature")
    assert meet(chain, unsigned) is Code.PROOF_WRONG_SIGNER


def test_a_version_that_was_replaced_is_not_the_object(chain: ProvenChain) -> None:
    identifier = BUSINESS_LICENCE.encode()
    old = ProofBuilder(chain.provable).get_index(KIND_LICENCE_TYPE, identifier)
    assert old is not None
    chain.accept(CENTRE_OFFICE, put_licence_type(id=BUSINESS_LICENCE, name="营业执照"))
    reply = build_object_answer(chain.provable, KIND_LICENCE_TYPE, identifier)
    proven = chain.prove(reply.anchor)
    newest = verify_object(proven, reply.object, kind=KIND_LICENCE_TYPE, identifier=identifier)
    assert newest.message.name == "营业执照"
    shown = ProofBuilder(chain.provable).build_record(KIND_LICENCE_TYPE, old)
    code = fails(lambda: verify_object(proven, shown, kind=KIND_LICENCE_TYPE, identifier=identifier))
    assert code is Code.PROOF_WRONG_STATUS
