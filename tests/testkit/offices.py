"""Agencies of the sandbox at their desks: a real node, the SDK's clients, and a relay for raw bytes.

with open_offices(directory) as offices:
    offices.counter.plan(CASE)
    offices.send(batch)                     # whatever bytes, over the relay's channel
    fails(Refused, Code.NOT_FOUND, lambda: offices.pudong.plan(CASE))
    offices.verify_store_sound()            # stops the node
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import pytest

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.attesting import confirm
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import (
    CENTRE,
    CENTRE_OFFICE,
    HAN_MEIMEI,
    HUANGPU_COUNTER,
    MARKET_OFFICE,
    PUDONG_OFFICE,
    compute_id,
    issue_licence,
    open_case,
)
from tests.testkit.lying_proxy import RELAY, build_relay_operations
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess, SystemClient, build_command, build_environment
from zhenglian import Client, Code, ZhenglianError, build
from zhenglian_ledger.attestation import compute_grant_event_target, compute_grant_id
from zhenglian_node.cli.exits import Exit
from zhenglian_proto.v1.batch_pb2 import SignedBatch
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.node_pb2 import SubmitReply, SubmitRequest

CASE: Final = "2026-0001"
LICENCE, OTHER = compute_id("licence"), compute_id("other")
NOWHERE: Final = "127.0.0.1:1"
UNKNOWN: Final = compute_id("nobody knows it")

_numbers = count()


@dataclass(frozen=True)
class Offices:
    """A node with Li Lei's licence and case, Han Meimei's licence, and clients of agencies."""

    node: NodeProcess
    relay: SystemClient
    market: Client
    counter: Client
    pudong: Client
    centre: Client
    directory: Path

    def write_config(self, system: str, *, node: str = "", second_node: str = "", gateway: str = "") -> Path:
        """A configuration of its own for a system."""
        directory = self.directory / f"agency {next(_numbers)}"
        return write_agency(
            directory, self.node.home, system, node=node, second_node=second_node, gateway=gateway
        )

    def send(self, batch: SignedBatch) -> SubmitReply:
        """What the node says to a batch that comes over the relay's channel."""
        return self.relay.stub.Submit(SubmitRequest(batch=batch), timeout=10)

    def give(self, body: GrantBody) -> bytes:
        """The grant is given, by its grantor's will."""
        attestation = confirm(compute_grant_id(body), body.grantor.subject)
        return self.counter.give_grant(body, attestation)

    def change_grant(self, grant: bytes, event: str) -> None:
        """Li Lei changes a grant."""
        body = self.counter.prepare_grant_change(grant, event)
        self.counter.change_grant(body, confirm(compute_grant_event_target(body)))

    def verify_store_sound(self) -> None:
        """The node ends in order, its store is what its logs say, and nothing unforeseen is in its log."""
        assert self.node.stop() == Exit.OK
        for depth in ("--quick", "--full"):
            checked = subprocess.run(
                build_command("fsck", "--home", str(self.node.home.config.home), depth),
                check=False, capture_output=True, text=True, env=build_environment(), timeout=60,
            )  # fmt: skip
            assert (checked.returncode, checked.stderr) == (Exit.OK, ""), checked.stdout
        log = self.node.log.read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert Code.INTERNAL.name not in log


@contextmanager
def open_offices(directory: Path) -> Iterator[Offices]:
    """A node that runs, in `directory`, and its agencies; Huangpu's clerks sit at the window."""
    home = SandboxHome.create(directory / "node", extra=build_relay_operations())
    with NodeProcess(home) as node:
        systems = (MARKET_OFFICE, HUANGPU_COUNTER, PUDONG_OFFICE, CENTRE_OFFICE)
        market, counter, pudong, centre = (
            zhenglian.connect(write_agency(directory, home, system)) for system in systems
        )
        licences = [issue_licence("licence"), issue_licence("other", holders=[HAN_MEIMEI])]
        market.submit([wrap(licence) for licence in licences]).raise_for_refusals()
        counter.submit([wrap(open_case())]).raise_for_refusals()
        counter.set_context(build.context(channel="WINDOW"))
        relay = node.connect_as(RELAY, CENTRE)
        yield Offices(node, relay, market, counter, pudong, centre, directory)
        for client in (market, counter, pudong, centre):
            client.close()


def fails(kind: type[ZhenglianError], code: Code, call: Callable[[], object]) -> ZhenglianError:
    """The call ends with that error, which says so in Chinese and in English."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.code is code, error
    assert any("\u4e00" <= character <= "\u9fff" for character in error.zh)
    assert error.en not in ("", error.zh)
    return error
