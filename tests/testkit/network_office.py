"""Another desk of a member's office: the same keys, other nodes, and no memory of what was seen before.

with open_desk(network.nodes[0], [network.nodes[2]]) as client:
    client.verify(licence)                        # of that node alone
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import zhenglian
from tests.testkit.network import NetworkNode
from zhenglian_node.cli.network.offices import AUTHORITIES, build_agency_config
from zhenglian_sdk.agency import read_agency_config
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.client.sync import Client

IMPATIENT: Final = Options(patience_s=0.1)

_numbers = itertools.count()


@contextmanager
def open_desk(node: NetworkNode, asked: Sequence[NetworkNode | str]) -> Iterator[Client]:
    """A client of the office of the node's member, which asks these nodes (or addresses), in this order."""
    targets = [each if isinstance(each, str) else each.config.listen for each in asked]
    office = read_agency_config(node.agency)
    text = build_agency_config(
        office.system,
        targets[0],
        targets[1] if len(targets) > 1 else "",
        trust=str(office.trust_file.resolve()),
        authorities=f"../../{AUTHORITIES}",
    )
    more = [f'[[more_nodes]]\ntarget = "{target}"\n' for target in targets[2:]]
    desk = f"desk-{next(_numbers)}"
    path = node.agency.with_name(f"{desk}.toml")
    path.write_text("\n".join([text.replace('"state"', f'"{desk}"'), *more]), encoding="utf-8")
    with zhenglian.connect(path, options=IMPATIENT) as client:
        yield client
