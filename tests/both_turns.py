"""Evidence that a relay broke a turn: its receipt and its notice, each of which counts with both signatures alone
(rows of `both_places`)."""

from pathlib import Path

import msgspec
from desk_world import checkpoint, message, network, receipt, replica, sealed
from directory_world import key_pair
from half_signed import WHOLE, half

from crypto.cosignature import log_keys
from crypto.errors import CryptoError
from crypto.policy import Policy, PolicyLog
from crypto.proof import Proof
from desk.alarms.turn_verdict import turn_verdict
from desk.mail.message import MessageStage
from directory.canonical import encode
from directory.evidence_file import BrokenTurn, evidence
from directory.proof_extra import write_extra
from relay.protocol.lines import Notice, receipt_name, write_line

DUE = 600


def a_receipt_about_a_turn(which: str, _: Path) -> str:
    """Without the relay's receipt nobody knows when the turn was due."""
    return _judged(which, WHOLE)


def a_notice_about_a_turn(which: str, _: Path) -> str:
    """What the relay has signed of the turn itself."""
    return _judged(WHOLE, which)


def _judged(receipts: str, notices: str) -> str:
    world = network()
    relay = world.view.relay
    assert relay is not None
    stages = (MessageStage(after=0, contacts=("ec-desk",)), MessageStage(after=DUE, contacts=("ec-court",)))
    here, came_in = replica(world), sealed(world, message(world, stages=stages))
    relayed = receipt(came_in, world)
    relayed = msgspec.structs.replace(relayed, note=half(relayed.note, receipts).decode())
    entry, path = world.entries[relay.since], tuple(here.tree.inclusion(relay.since, here.size))
    proof = Proof(relay.since, path, checkpoint(world), write_extra(entry)).write()
    early = Notice(
        network=world.network, envelope=came_in.hash, devices=(), at=relayed.leaf.time, event="released", stage=1
    )
    notice = half(write_line(early, receipt_name(world.name), key_pair("relay receipt")), notices)
    found = evidence(BrokenTurn(turn=1), proof=proof, receipt=encode(relayed), envelope=came_in.raw, notices=(notice,))
    try:
        keys = Policy(tuple(map(PolicyLog, log_keys(relay.origin, relay.log))))
        return "" if turn_verdict(found, keys).proven else "nothing"
    except CryptoError as error:
        return str(error)
