"""Our readers, as the vectors call them: `read(format, inputs)` gives what a reader obtains, or raises.

The keys that inputs name by handle stand in tests/vectors/keys.json.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from msgspec import UNSET
from request_histories import tell
from vectors_case import FOLDER
from vectors_shown import read_shown

from crypto.age_pq import PQIdentity
from crypto.checkpoint import checkpoint_note, open_checkpoint, parse_checkpoint
from crypto.cosignature import parse_lines
from crypto.encoding import b64, unb64
from crypto.fingerprint import fingerprint
from crypto.keyfile import read_keyfile
from crypto.merkle import Tree, leaf_hash, verify_consistency, verify_inclusion
from crypto.note import (
    ED25519_TYPE,
    MLDSA44_TYPE,
    Ed25519Verifier,
    MLDSA44Verifier,
    Note,
    Verifier,
    key_id,
    parse_note,
    parse_vkey,
    verified,
)
from crypto.policy import Policy, cosigned_at, parse_policy, vkey
from crypto.proof import parse_proof, verify_proof
from crypto.signing import PublicPair, check_both, signers_ed25519
from crypto.tiles import parse_bundle, parse_path
from desk.alarms.evidence_words import ABOUT_MAIL
from desk.cases.acts import read_event
from desk.cases.bundle_file import MANIFEST_TYPE, Manifest, check_manifest
from desk.events.form import kind_of
from desk.forms.filled import parse_filled, update_needed
from desk.handling.rules import AskConsent, ConsentEvent, GiveConsent, RefuseConsent
from desk.handling.victim import consent_record, consular_consent
from desk.mail.content import DutyNote, check_content
from desk.mail.message import open_message
from desk.requests.acts import read_event as read_event_of_request
from desk.rosters.coverage import duty_at
from desk.rosters.roster import read_roster
from directory import canonical
from directory.bodies import CircleBody, ContactBody, MemberBody, OfficerBody, read_body_bytes
from directory.canonical import decode, decode_lenient, write_body
from directory.commitment import check_commitment
from directory.evidence_verdict import verdict
from directory.judge_network import root_keys
from directory.keyset import check_newer, choose, open_keyset, recipient_key
from directory.statement import EnrolDevice, FoundNetwork, RekeyRoots, network_id, parse_statement
from relay.protocol.invitation import OfferedKeys, check_binding, proof_hash, read_invitation, relay_proof
from relay.protocol.lines import TYPES, open_line
from relay.protocol.padding import padded_size, unpad
from relay.protocol.receipts import RELAYED_TYPE, Relayed, check_relayed
from relay.protocol.relay_keys import read_relay_keys
from relay.rules.witnessing import Cosigned, NotCosigned, check_growth, check_origin, parse_add_checkpoint

Out = dict[str, Any]
Inputs = Mapping[str, Any]
READERS: dict[str, Callable[[Any], Out]] = {}


class WrongNetwork(ValueError):
    """A statement of another network."""


class WrongSeal(ValueError):
    """A seal that is not what the key at hand makes."""


def reader(name: str) -> Callable[[Callable[[Any], Out]], Callable[[Any], Out]]:
    """Enter a reader under the name of its format."""

    def enter(function: Callable[[Any], Out]) -> Callable[[Any], Out]:
        READERS[name] = function
        return function

    return enter


@cache
def keys() -> dict[str, Any]:
    """tests/vectors/keys.json."""
    whole: dict[str, Any] = json.loads((FOLDER / "keys.json").read_text("utf-8"))
    return whole


def public_pair(handle: str) -> PublicPair:
    """The public keys of a handle."""
    found = keys()["pairs"][handle]
    return PublicPair(unb64(found["ed25519"], 32), unb64(found["mldsa44"], 1312))


def identity(name: str) -> PQIdentity:
    """An X-Wing identity of keys.json."""
    return PQIdentity(unb64(keys()["identities"][name]["seed"], 32))


@reader("note")
def read_note(given: Inputs) -> Out:
    note = parse_note(given["note"])
    if "both" in given:
        check_both(note, given["name"], public_pair(given["both"]))
        return {"text": note.text}
    found = verified(note, list(map(_verifier, given["vkeys"])))
    return {"text": note.text, "signers": [each.name for each in found], "lines": len(note.signatures)}


@reader("vkey")
def read_vkey(given: Inputs) -> Out:
    name, typed = parse_vkey(given["vkey"])
    kind = MLDSA44_TYPE if typed.startswith(MLDSA44_TYPE) else typed[:1]
    return {"name": name, "type": b64(kind), "key": b64(typed[len(kind) :]), "id": key_id(name, typed).hex()}


def _verifier(vkey: str) -> Verifier:
    name, typed = parse_vkey(vkey)
    if typed.startswith(ED25519_TYPE):
        return Ed25519Verifier(name, typed[1:])
    return MLDSA44Verifier(name, typed.removeprefix(MLDSA44_TYPE))


@reader("statement")
def read_statement(given: Inputs) -> Out:
    signed = parse_statement(given["entry"])
    statement = signed.statement
    own = network_id(statement) if isinstance(statement, FoundNetwork) else getattr(statement, "network", "")
    if own != given["network"]:
        raise WrongNetwork
    known = {name: Ed25519Verifier(name, public_pair(handle).ed25519) for name, handle in given["keys"].items()}
    if isinstance(statement, FoundNetwork | RekeyRoots):
        named = {f"{given['network_name']}/{local}": key for local, key in root_keys(statement.roots).items()}
        known |= {name: Ed25519Verifier(name, key) for name, key in named.items()}
    signers = signers_ed25519(signed.note, known.values())
    out = {
        "kind": str(statement.__struct_config__.tag),
        "subject": statement.subject,
        "seq": statement.seq,
        "at": statement.at,
        "network": own,
        "signers": [each.name for each in signers],
        "leaf": leaf_hash(given["entry"]).hex(),
    }
    return out | ({"device": statement.device} if isinstance(statement, EnrolDevice) else {})


@reader("body")
def read_body(given: Inputs) -> Out:
    kinds: dict[str, Any] = {"member": MemberBody, "circle": CircleBody, "officer": OfficerBody, "contact": ContactBody}
    check_commitment(given["commitment"], given["salt"], given["body"])
    read_body_bytes(given["body"], kinds[given["kind"]])
    return {"value": json.loads(given["body"])}


@reader("keyset")
def read_keyset(given: Inputs) -> Out:
    def opened(raw: bytes) -> Any:
        name = f"{given['network_name']}/{given['device']}"
        return open_keyset(raw, given["network"], given["device"], name, public_pair(given["keys"]))

    keyset = opened(given["keyset"])
    if "seen" in given:
        check_newer(opened(given["seen"]), keyset)
    chosen = choose(keyset, given["now"])
    return {"number": keyset.number, "epochs": len(keyset.epochs), "key": chosen.key, "erase": chosen.erase or 0}


@reader("message")
def read_message(given: Inputs) -> Out:
    name = f"{given['network_name']}/{given['device']}"
    message = open_message(given["note"], given["network"], name, given["device"], public_pair(given["keys"]))
    return {
        "id": message.id,
        "from": message.sender.contact,
        "stages": [[stage.after, *stage.contacts] for stage in message.stages],
        "kind": str(message.content.__struct_config__.tag),
        "tlp": message.handling.tlp,
        "attachments": [each.cipher_hash for each in message.attachments],
        "at": message.at,
        "expires": message.expires,
    }


@reader("padding")
def read_padding(given: Inputs) -> Out:
    if "size" in given:
        return {"padded": padded_size(given["size"])}
    text = unpad(given["padded"])
    return {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()}


@reader("line")
def read_line(given: Inputs) -> Out:
    kinds: dict[str, Any] = {each.split("/")[1]: kind for kind, each in TYPES.items()}
    kind = kinds[given["kind"]]
    line = open_line(given["line"], kind, given["name"], public_pair(given["keys"]), given["network"])
    return {"envelope": line.envelope, "at": line.at}


@reader("receipt")
def read_receipt(given: Inputs) -> Out:
    relayed = decode_lenient(given["relayed"], Relayed)
    check_relayed(relayed, given["envelope"], given["network"], given["network_name"], public_pair(given["keys"]))
    leaf = relayed.leaf
    text = write_body(RELAYED_TYPE, leaf)
    return {"leaf": leaf_hash(text.encode()).hex(), "tree_size": leaf.tree_size, "time": leaf.time}


@reader("invitation")
def read_an_invitation(given: Inputs) -> Out:
    found = read_invitation(given["invitation"], given["now"])
    proof = relay_proof(found.secret_bytes)
    return {
        "network": found.network,
        "officer": found.officer,
        "relay": found.relay,
        "expires": found.expires,
        "relay_proof": proof,
        "proof_hash": proof_hash(proof),
    }


@reader("offered-keys")
def read_offered_keys(given: Inputs) -> Out:
    offered = decode_lenient(given["keys"], OfferedKeys)
    check_binding(offered, given["secret"], given["network"])
    return {"officer": offered.officer, "device": PublicPair(unb64(offered.ed25519), unb64(offered.mldsa44)).id}


@reader("checkpoint")
def read_checkpoint(given: Inputs) -> Out:
    signed = open_checkpoint(given["checkpoint"], given["origin"], public_pair(given["keys"]))
    checkpoint = signed.checkpoint
    return {"size": checkpoint.size, "root": checkpoint.root.hex(), "time": signed.time}


@reader("tree")
def read_tree(given: Inputs) -> Out:
    def hashes(name: str) -> list[bytes]:
        return list(map(bytes.fromhex, given[name]))

    if "entries" in given:
        leaves = list(map(leaf_hash, given["entries"]))
        return {"leaves": [each.hex() for each in leaves], "root": Tree(leaves).root().hex()}
    if "leaf" in given:
        leaf, root = bytes.fromhex(given["leaf"]), bytes.fromhex(given["root"])
        verify_inclusion(leaf, given["index"], given["size"], root, hashes("path"))
        return {}
    roots = bytes.fromhex(given["old_root"]), bytes.fromhex(given["new_root"])
    verify_consistency(given["old"], roots[0], given["new"], roots[1], hashes("path"))
    return {}


@reader("keyfile")
def read_a_keyfile(given: Inputs) -> Out:
    found = read_keyfile(given["file"], given["passphrase"], given["role"], given["most_work"])
    return {"role": found.role, "secrets": {name: b64(secret) for name, secret in found.secrets.items()}}


@reader("relay-keys")
def read_the_relay_keys(given: Inputs) -> Out:
    found = read_relay_keys(given["file"])
    return {
        "relay": found.relay,
        "origin": found.origin,
        "log": fingerprint(found.log.id),
        "receipt": fingerprint(found.receipt.id),
    }


def read(name: str, given: Inputs) -> Out:
    """What our reader of a format obtains; raises what it raises."""
    return READERS[name](given)


@reader("tile")
def _tile(given: Any) -> Out:
    if "bundle" in given:
        return {"entries": [each.hex() for each in parse_bundle(given["bundle"], given["width"])]}
    tile = parse_path(given["path"])
    return {"level": "entries" if tile.level is None else tile.level, "number": tile.number, "width": tile.width}


@reader("policy")
def _policy(given: Any) -> Out:
    policy = parse_policy(given["policy"])
    return {
        "logs": [vkey(each.key) for each in policy.logs],
        "witnesses": [[each.name, vkey(each.key)] for each in policy.witnesses],
        "groups": [[each.name, each.needed, *each.members] for each in policy.groups],
        "quorum": policy.quorum,
    }


@reader("tlog-proof")
def _proof(given: Any) -> Out:
    proof = parse_proof(given["proof"])
    found = verify_proof(proof, given["entry"], parse_policy(given["policy"]))
    out = {"index": proof.index, "size": found.checkpoint.size, "time": found.time, "times": dict(found.times)}
    return out | {"extra": proof.extra.hex()}


@reader("add-checkpoint")
def _add_checkpoint(given: Any) -> Out:
    policy = parse_policy(given["policy"])
    if "answer" in given:
        note = checkpoint_note(parse_add_checkpoint(given["request"]).checkpoint)
        cosigned = Note(note.text, parse_lines(given["answer"]))
        return {"times": cosigned_at(policy.witnesses, cosigned, parse_checkpoint(note.text))}
    try:
        asked = parse_add_checkpoint(given["request"])
        checkpoint = check_origin(asked, Policy(policy.logs))
        check_growth(asked, checkpoint, Cosigned(given["last_size"], bytes.fromhex(given["last_root"])))
    except NotCosigned as refused:
        return {"status": refused.status} | ({"answer": f"{refused.size}\n"} if refused.size is not None else {})
    return {"status": 200, "size": checkpoint.size, "root": checkpoint.root.hex()}


@reader("evidence")
def _evidence(given: Any) -> Out:
    found = verdict(given["file"], parse_policy(given["policy"]), ABOUT_MAIL)
    points = found.facts.get("checkpoints", [])
    return {
        "kind": found.kind,
        "proven": found.proven,
        "checkpoints": [[each["size"], each["time"]] for each in points],
    }


__all__ = ["READERS", "identity", "keys", "public_pair", "read", "recipient_key"]


@reader("filled-form")
def read_filled_form(given: Inputs) -> Out:
    filled = parse_filled(given["form"])
    known = [list(each) for each in update_needed(filled)]
    return {"form": filled.form, "language": filled.language, "fields": sorted(filled.values), "update": known}


@reader("consent")
def read_consent(given: Inputs) -> Out:
    if "form" in given:
        filled = parse_filled(given["form"])
        found = consent_record(filled)
        told = {"consular": consular_consent(filled), "keep_until": filled.values.get("keep_until", "")}
        return {"record": found.hash if found is not None else ""} | told
    event: Any = decode(given["event"], ConsentEvent)  # type: ignore[arg-type]  # a union of types
    match event:
        case AskConsent() | GiveConsent():
            about = event.message
        case RefuseConsent():
            about = event.asked
        case _:
            about = event.consent
    return {"kind": str(event.__struct_config__.tag), "about": about}


@reader("roster")
def read_roster_vector(given: Inputs) -> Out:
    if "content" in given:
        note = decode(given["content"], DutyNote)
        check_content(note, "co-desk", UNSET, UNSET)
        return {"open": len(note.open), "takes": "" if note.takes is UNSET else note.takes}
    found = read_roster(given["roster"])
    duty = duty_at(found, given["at"])
    officers = list(found.officers)
    return {"contact": found.contact, "seq": found.seq, "officers": officers, "on_duty": list(duty.officers)}


@reader("case-event")
def read_case_event(given: Inputs) -> Out:
    event = read_event(given["event"])
    case = "" if event.case is UNSET else event.case
    return {"kind": kind_of(event.act), "case": case, "after": list(event.after), "seen": list(event.seen)}


@reader("case-bundle")
def read_case_bundle(given: Inputs) -> Out:
    if "proof" in given:
        return read_shown(given)
    manifest = canonical.read_body(given["manifest"].decode(), MANIFEST_TYPE, Manifest)
    check_manifest(manifest)
    return {"case": manifest.case, "parts": [[each.name, each.hash, each.size] for each in manifest.parts]}


@reader("request-event")
def read_request_event(given: Inputs) -> Out:
    if "events" in given:
        return tell(given["events"], given["request"])
    event = read_event_of_request(given["event"])
    return {"kind": kind_of(event.act), "after": list(event.after)}
