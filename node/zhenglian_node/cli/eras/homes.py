"""What an era changes in a node's home: the trust file, and CometBFT's genesis and data.

CometBFT begins each era with no block of its own; its former data is moved aside. What a validator's key
signed last is kept: it might have voted on a block that the former era did not finish.
"""

import shutil
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.eras import build_trust_of_era, compute_era_digest, format_era_file
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.join_request import JoinRequest, parse_request
from zhenglian_ledger.state import State
from zhenglian_ledger.trustfile import format_trust_file
from zhenglian_node.app.application import Application
from zhenglian_node.cli.eras.drafting import open_ledger
from zhenglian_node.cli.files import (
    SECRET,
    create_file,
    provide_private_directory,
    read_file,
    read_text,
    verify_absent,
)
from zhenglian_node.cli.homes import replace_file
from zhenglian_node.cli.network.acceptance import (
    AcceptPlan,
    Proposal,
    build_files,
    plan_config,
    verify_keys,
)
from zhenglian_node.cli.network.member_keys import REQUEST
from zhenglian_node.cli.network.peers import parse_peers
from zhenglian_node.config import FILE_NAME, CometBftConfig, NodeConfig, format_config
from zhenglian_node.engines.cometbft.home import Era, build_cometbft_genesis
from zhenglian_proto.v1.eras_pb2 import ENGINE_KIND_COMETBFT, BeginEra
from zhenglian_proto.v1.state_pb2 import GenesisValidator

ERA_FILE: Final = "era.json"


def get_pending_era(application: Application) -> BeginEra:
    """The era the store is about to begin; raises StoreError(ERA_INVALID) if there is none."""
    if application.era is None or not application.is_era_pending:
        raise StoreError(Code.ERA_INVALID, field="store")
    return application.era


def update_home(config: NodeConfig, application: Application) -> None:
    """The home of a node whose store is about to begin an era has what goes with it. Repeatable.

    A home that has no CometBFT, in an era of CometBFT, only gets the trust file: its store is to be copied.
    """
    era = get_pending_era(application)
    _replace(config.home / ERA_FILE, format_era_file(era))
    _replace(config.trust, build_trust_text(application, era))
    if config.cometbft is not None and era.engine == ENGINE_KIND_COMETBFT:
        _replace(config.cometbft.genesis, build_genesis_text(application, era))
        set_data_aside(config.cometbft, era)


def join_era(home: Path, store: Path, plan: AcceptPlan) -> NodeConfig:
    """A node of the era lives in `home`, where `request` made its keys, with a copy of the directory `store`.

    `store` may be the home's own, if it was copied there by hand.

    Raises StoreError: ALREADY_INITIALISED, ERA_INVALID (the store is not about to begin an era),
    CONFIG_INVALID (the home's keys are not the request's), STORE_FAILED; InvalidInput: FILE_NOT_FOUND,
    PEERS_INVALID, JOIN_REQUEST_CHANGED (the era has another validator key of this member).
    """
    verify_absent(home / FILE_NAME)
    request = parse_request(read_text(home / REQUEST))
    verify_keys(home, request)
    peers = parse_peers(read_text(plan.peers))
    copied = home / "store"
    if store.resolve() != copied.resolve():
        _copy_store(store, copied)
    with open_ledger(copied) as application:
        era = get_pending_era(application)
        _verify_own_validator(request, era)
        if peers.genesis_digest != application.genesis_digest:
            raise InvalidInput(Code.PEERS_INVALID, field="genesis_digest")
        proposal = Proposal(request, application.genesis, application.genesis_bytes, application, peers)
        config = plan_config(home, plan, proposal)
        for path, text in build_files(config, proposal).items():
            replace_file(path, text)
        update_home(config, application)
    provide_private_directory(config.outbox)
    create_file(home / FILE_NAME, format_config(config))
    return config


def build_trust_text(application: Application, era: BeginEra) -> str:
    """The trust file of the era, to be delivered out of band."""
    return format_trust_file(build_trust_of_era(era, application.genesis_digest))


def build_genesis_text(application: Application, era: BeginEra) -> str:
    """CometBFT's genesis of the era."""
    committed = application.committed
    parameters = State(committed.view, committed.head.sizes).get_parameters()
    validators = tuple(
        GenesisValidator(public_key=each.public_key, member=each.member) for each in era.validators
    )
    return build_cometbft_genesis(
        application.genesis,
        Era(era.first_height, era.time_ms, validators, compute_era_digest(era), parameters.max_block_bytes),
    )


def set_data_aside(files: CometBftConfig, era: BeginEra) -> None:
    """CometBFT has no block; what its key signed last is where it was. Repeatable."""
    data = files.validator_state.parent
    if any(data.iterdir()) and {path.name for path in data.iterdir()} != {files.validator_state.name}:
        aside = data.with_name(f"{data.name}.before-era-{era.era}")
        if aside.exists():
            raise StoreError(Code.ALREADY_INITIALISED, path=str(aside))
        data.rename(aside)
        provide_private_directory(data)
    kept = data.with_name(f"{data.name}.before-era-{era.era}") / files.validator_state.name
    if not files.validator_state.exists():
        create_file(files.validator_state, read_file(kept), SECRET)


def _copy_store(store: Path, copied: Path) -> None:
    """A copy that a `join` which stopped half-way left behind is made again."""
    if not store.is_dir():
        raise StoreError(Code.STORE_MISSING, path=str(store))
    try:
        shutil.rmtree(copied, ignore_errors=True)
        provide_private_directory(copied)
        shutil.copytree(store, copied, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise StoreError(Code.STORE_FAILED, what=str(error)) from error


def _verify_own_validator(request: JoinRequest, era: BeginEra) -> None:
    found = [bytes(each.public_key) for each in era.validators if each.member == request.member]
    if found not in ([], [request.validator_key]):
        raise InvalidInput(Code.JOIN_REQUEST_CHANGED, what="validators")


def _replace(path: Path, text: str) -> None:
    """As `replace_file`, but whoever reads meanwhile sees the old content or the new one."""
    fresh = path.with_name(path.name + ".new")
    replace_file(fresh, text)
    fresh.replace(path)
