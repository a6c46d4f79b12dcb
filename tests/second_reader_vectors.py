"""Vector files: their bytes, their keys, and for each file a reader of cases (README, *Test data*)."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from second_judge_log import read_history
from second_judge_signers import Broken
from second_reader_age import identity_seed, recipient_of
from second_reader_base import Refused, base64_bytes, base64_text, duty_id, fingerprint, pair_id, recipient_id, root_id
from second_reader_base import sha256_hex as sha
from second_reader_bodies import read_body_of
from second_reader_case import read_case_event, read_manifest, read_shown
from second_reader_consent import read_event, read_record
from second_reader_contacts import read_contacts
from second_reader_evidence import read_evidence
from second_reader_files import (
    device_of,
    proof_hash,
    publics_of,
    read_invitation,
    read_keyfile,
    read_offered,
    read_relay_file,
    read_relay_key,
    read_relay_keys,
    read_vault,
    relay_proof,
)
from second_reader_forms import read_filled_form
from second_reader_indicators import read_indicators
from second_reader_lines import read_keyset, read_line, read_receipt
from second_reader_local import read_local
from second_reader_log import read_checkpoint, read_log, verify_checkpoint
from second_reader_messages import (
    Signer,
    open_attachment,
    open_envelope,
    read_envelope,
    read_message,
)
from second_reader_note import ED25519, Key, read_note, read_vkey, verify_both, verify_known
from second_reader_padding import padded_size, unpad
from second_reader_recovery import read_recovery
from second_reader_requests import read_event_or_history
from second_reader_roots import read_proposal, read_public, read_request, read_signed
from second_reader_roster import read_duty_note, read_roster
from second_reader_snapshot import read_snapshot
from second_reader_statements import read_statement, verify_lines
from second_reader_tlog import read_bundle, read_path, read_policy, read_proof, verify_proof
from second_reader_tree import check_consistency, check_inclusion, leaf_hash, root_of
from second_reader_view import view_of
from second_reader_witness import answer_to, asked_about, read_answer

Case = dict[str, Any]
Facts = dict[str, Any]


def part_bytes(part: Mapping[str, Any], cases: Mapping[str, Case]) -> bytes:
    """One part of a field's bytes."""
    if "text" in part:
        return str(part["text"]).encode()
    if "base64" in part:
        return base64_bytes(part["base64"])
    if "repeat" in part:
        return str(part["repeat"]).encode() * int(part["times"])
    name, field, *index = part["of"]
    value = cases[name]["in"][field]
    whole = field_bytes(value[int(index[0])] if index else value, cases)
    return whole[part.get("from", 0) : part.get("to", len(whole))]


def field_bytes(value: Mapping[str, Any], cases: Mapping[str, Case]) -> bytes:
    """A field of bytes: its parts, joined."""
    return b"".join(part_bytes(part, cases) for part in value["bytes"])


def plain_input(value: Any, cases: Mapping[str, Case]) -> Any:
    """`in` with all bytes put together; numbers and strings stand as they are."""
    if isinstance(value, list):
        return [plain_input(item, cases) for item in value]
    if isinstance(value, dict) and set(value) == {"bytes"}:
        return field_bytes(value, cases)
    if isinstance(value, dict):
        return {name: plain_input(item, cases) for name, item in value.items()}
    return value


def check_keys(keys: Mapping[str, Any]) -> list[str]:
    """keys.json: what is wrong with its public keys, ids, fingerprints and names."""
    wrong = []
    for handle, pair in keys["pairs"].items():
        publics = publics_of(base64_bytes(pair["ed25519_seed"]), base64_bytes(pair["mldsa44_seed"]))
        ident = pair_id(*publics)
        family = handle.split("-")[0]
        local = root_id(publics[0]) if family == "root" else duty_id(publics[0]) if family == "duty" else ident
        name = f"enlace.example/{local}"
        seeds = [base64_text(publics[0]), base64_text(publics[1]), ident, fingerprint(ident), local, name]
        fields = ("ed25519", "mldsa44", "id", "fingerprint", "local", "name")
        wrong += [f"{handle}: {field}" for field, is_ in zip(fields, seeds, strict=True) if pair[field] != is_]
    for name, identity in keys["identities"].items():
        seed = base64_bytes(identity["seed"])
        facts = (base64_text(recipient_of(seed)), recipient_id(recipient_of(seed)), identity_seed(identity["identity"]))
        if facts != (identity["recipient"], identity["key"], seed):
            wrong.append(name)
    return wrong


class Readers:
    """For each vector file a reader of a case's `in`; it needs keys.json, and the network of message.json."""

    def __init__(self, keys: Mapping[str, Any], network: str) -> None:
        self.pairs = keys["pairs"]
        self.identities = keys["identities"]
        self.network = network

    def pair(self, handle: str) -> tuple[bytes, bytes]:
        """Both public keys of a handle."""
        return base64_bytes(self.pairs[handle]["ed25519"]), base64_bytes(self.pairs[handle]["mldsa44"])

    def signer(self, given: Case) -> Signer:
        """The device whose word is expected."""
        return Signer(given["network"], given["network_name"], given["device"], *self.pair(given["keys"]))

    def note(self, given: Case) -> Facts:
        """note.json."""
        if "both" in given:
            note = read_note(given["note"])
            verify_both(note, given["name"], *self.pair(given["both"]))
            return {"text": note.text.decode()}
        keys = [read_vkey(vkey) for vkey in given["vkeys"]]
        note = read_note(given["note"])
        signers = [key.name for key in verify_known(note, keys)]
        return {"text": note.text.decode(), "signers": signers, "lines": len(note.lines)}

    def vkey(self, given: Case) -> Facts:
        """vkey.json."""
        key = read_vkey(given["vkey"])
        public = base64_text(key.public)
        return {"name": key.name, "type": base64_text(key.type), "key": public, "id": key.key_id.hex()}

    def statement(self, given: Case) -> Facts:
        """statement.json."""
        statement = read_statement(given["entry"])
        if statement.network != given["network"]:
            raise Refused("wrong network")
        known = [Key(name, ED25519, self.pair(handle)[0]) for name, handle in given["keys"].items()]
        facts = {
            "kind": statement.kind,
            "subject": statement.subject,
            "seq": statement.value["seq"],
            "at": statement.value["at"],
            "network": statement.network,
            "signers": verify_lines(statement, known + statement.own_roots(given["network_name"])),
            "leaf": leaf_hash(given["entry"]).hex(),
        }
        return facts | ({"device": statement.device} if statement.kind == "enrol-device" else {})

    def body(self, given: Case) -> Facts:
        """body.json."""
        read_body_of(given["kind"], given["salt"], given["body"], given["commitment"])
        return {"value": json.loads(given["body"])}

    def tree(self, given: Case) -> Facts:
        """tree.json."""
        if "entries" in given:
            leaves = [leaf_hash(entry) for entry in given["entries"]]
            return {"leaves": [leaf.hex() for leaf in leaves], "root": root_of(leaves).hex()}
        path = [bytes.fromhex(step) for step in given["path"]]
        if "leaf" in given:
            leaf, root = bytes.fromhex(given["leaf"]), bytes.fromhex(given["root"])
            check_inclusion(leaf, given["index"], given["size"], root, path)
        else:
            old, new = bytes.fromhex(given["old_root"]), bytes.fromhex(given["new_root"])
            check_consistency(given["old"], old, given["new"], new, path)
        return {}

    def log(self, given: Case) -> Facts:
        """log.json."""
        seen = (given["seen_entries"], given["seen_checkpoint"]) if "seen_entries" in given else None
        accepted = read_log(given["entries"], given["checkpoint"], given["network"], given["now"], seen)
        found = {"size": accepted.checkpoint.size, "root": accepted.checkpoint.root.hex(), "time": accepted.time}
        return found | {"view": view_of(accepted.log, given["now"])}

    def judge(self, given: Case) -> Facts:
        """judge.json, the one file that is read with the judge."""
        return read_history(given)

    def checkpoint(self, given: Case) -> Facts:
        """checkpoint.json."""
        checkpoint = read_checkpoint(given["checkpoint"])
        time = verify_checkpoint(checkpoint, given["origin"], *self.pair(given["keys"]))
        return {"size": checkpoint.size, "root": checkpoint.root.hex(), "time": time}

    def tile(self, given: Case) -> Facts:
        """tile.json."""
        if "bundle" in given:
            return {"entries": [each.hex() for each in read_bundle(given["bundle"], given["width"])]}
        level, number, width = read_path(given["path"])
        return {"level": level, "number": number, "width": width}

    def policy(self, given: Case) -> Facts:
        """policy.json."""
        policy = read_policy(given["policy"])
        return {
            "logs": [key.vkey for key in policy.logs],
            "witnesses": [[name, key.vkey] for name, key in policy.witnesses.items()],
            "groups": [[name, needed, *members] for name, (needed, members) in policy.groups.items()],
            "quorum": policy.quorum,
        }

    def tlog_proof(self, given: Case) -> Facts:
        """tlog-proof.json."""
        proof = read_proof(given["proof"])
        time, times = verify_proof(proof, read_policy(given["policy"]), given["entry"])
        size = proof.checkpoint.size
        return {"index": proof.index, "size": size, "time": time, "times": times, "extra": proof.extra.hex()}

    def add_checkpoint(self, given: Case) -> Facts:
        """add-checkpoint.json."""
        policy = read_policy(given["policy"])
        if "answer" in given:
            return {"times": read_answer(policy, asked_about(given["request"])[2], given["answer"])}
        return answer_to(policy, given["request"], given["last_size"], bytes.fromhex(given["last_root"]))

    def evidence(self, given: Case) -> Facts:
        """evidence.json."""
        return read_evidence(given["file"], read_policy(given["policy"]))

    def keyset(self, given: Case) -> Facts:
        """keyset.json."""
        keyset = read_keyset(given["keyset"], self.signer(given), given.get("seen"))
        key, erase = keyset.sealed_to(given["now"])
        return {"number": keyset.value["number"], "epochs": len(keyset.value["epochs"]), "key": key, "erase": erase}

    def message(self, given: Case) -> Facts:
        """message.json."""
        value = read_message(given["note"], self.signer(given))
        return {
            "id": value["id"],
            "from": value["from"]["contact"],
            "stages": [[stage["after"], *stage["contacts"]] for stage in value["stages"]],
            "kind": value["content"]["kind"],
            "tlp": value.get("handling", {}).get("tlp", "AMBER"),
            "attachments": [sealed["cipher_hash"] for sealed in value.get("attachments", [])],
            "at": value["at"],
            "expires": value["expires"],
        }

    def padding(self, given: Case) -> Facts:
        """padding.json."""
        if "size" in given:
            return {"padded": padded_size(given["size"])}
        body = unpad(given["padded"])
        return {"size": len(body), "sha256": sha(body)}

    def envelope(self, given: Case) -> Facts:
        """envelope.json."""
        ids = [self.identities[name] for name in given["identities"]]
        seeds = {identity["key"]: base64_bytes(identity["seed"]) for identity in ids}
        sender = self.pairs[given["sender"]]["id"]
        signer = Signer(self.network, given["network_name"], sender, *self.pair(given["sender"]))
        envelope = read_envelope(given["envelope"])
        note = open_envelope(envelope, given["device"], seeds, {sender: signer})
        return {
            "hash": envelope.hash,
            "id": envelope.header["id"],
            "stanza": envelope.stanza_of(given["device"]),
            "stage": envelope.stage_of(given["device"]),
            "devices": len(envelope.recipients),
            "note": sha(note),
            "message": read_message(note, signer)["id"],
        }

    def attachment(self, given: Case) -> Facts:
        """attachment.json."""
        name, plain = open_attachment(given["file"], given["sealed_file"])
        return {"name": name, "size": len(plain), "sha256": sha(plain)}

    def line(self, given: Case) -> Facts:
        """line.json."""
        pair = self.pair(given["keys"])
        value = read_line(given["line"], given["kind"], given["name"], given["network"], pair)
        return {"envelope": value["envelope"], "at": value["at"]}

    def receipt(self, given: Case) -> Facts:
        """receipt.json."""
        name, pair = given["network_name"] + "/receipt", self.pair(given["keys"])
        found = read_receipt(given["relayed"], given["envelope"], given["network"], name, pair)
        return {"leaf": found.leaf.hex(), "tree_size": found.tree_size, "time": found.time}

    def invitation(self, given: Case) -> Facts:
        """invitation.json."""
        value, secret = read_invitation(given["invitation"], given["now"])
        proof = relay_proof(secret)
        found = {name: value[name] for name in ("network", "officer", "relay", "expires")}
        return found | {"relay_proof": proof, "proof_hash": proof_hash(proof)}

    def offered_keys(self, given: Case) -> Facts:
        """offered-keys.json."""
        value = read_offered(given["keys"], given["secret"], given["network"])
        return {"officer": value["officer"], "device": device_of(value)}

    def relay_keys(self, given: Case) -> Facts:
        """relay-keys.json."""
        return dict(read_relay_keys(given["file"]))

    def relay_file(self, given: Case) -> Facts:
        """relay-file.json."""
        return dict(read_relay_file(given["file"], given["network_name"], self.pair(given["duty"])[0]))

    def root_public(self, given: Case) -> Facts:
        """root-public.json."""
        return {"local": read_public(given["file"])}

    def root_request(self, given: Case) -> Facts:
        """root-request.json."""
        asked, entries = read_request(given["file"])
        return {"id": asked.id, "entries": entries, "kinds": [statement.kind for statement in asked.statements]}

    def root_signed(self, given: Case) -> Facts:
        """root-signed.json."""
        asked, signers = read_signed(given["file"])
        return {"id": asked.id, "signers": signers}

    def snapshot(self, given: Case) -> Facts:
        """snapshot.json."""
        accepted, bodies = read_snapshot(given["file"], given["network"], given["now"])
        found = {"size": accepted.checkpoint.size, "root": accepted.checkpoint.root.hex(), "time": accepted.time}
        return found | {"bodies": bodies}

    def contacts(self, given: Case) -> Facts:
        return {"contacts": read_contacts(given["kind"], given["file"])}

    def filled_form(self, given: Case) -> Facts:
        return read_filled_form(given["form"])

    def consent(self, given: Case) -> Facts:
        return read_event(given["event"]) if "event" in given else read_record(given["form"])

    def roster(self, given: Case) -> Facts:
        note = "content" in given
        return read_duty_note(given["content"]) if note else read_roster(given["roster"], given["at"])

    def indicators(self, given: Case) -> Facts:
        return read_indicators(given["file"])

    def case_event(self, given: Case) -> Facts:
        return read_case_event(given["event"])

    def case_bundle(self, given: Case) -> Facts:
        return read_shown(**given) if "proof" in given else read_manifest(given["manifest"])

    request_event = staticmethod(read_event_or_history)

    def proposal(self, given: Case) -> Facts:
        statements, bodies = read_proposal(given["file"])
        names = [[line.name for line in statement.note.lines] for statement in statements if statement.note]
        return {"kinds": [statement.kind for statement in statements], "signers": names, "bodies": bodies}

    def recovery_file(self, given: Case) -> Facts:
        """recovery-file.json."""
        return read_recovery(given["plaintext"])

    def keyfile(self, given: Case) -> Facts:
        secrets = read_keyfile(given["file"], given["passphrase"], given["role"], given["most_work"])
        return {"role": given["role"], "secrets": secrets}

    def vault(self, given: Case) -> Facts:
        seed = base64_bytes(self.identities[given["identity"]]["seed"])
        return {"content": base64_text(read_vault(given["file"], given["name"], seed))}

    def local(self, given: Case) -> Facts:
        return read_local(given, lambda name: base64_bytes(self.identities[name]["seed"]))

    def relay_key(self, given: Case) -> Facts:
        """relay-key.json."""
        return dict(read_relay_key(given["file"], given["use"]))


def reader_of(path: Path) -> Callable[[Case], tuple[str, Facts]]:
    """`read(case)` for one vector file: the outcome (`valid`, or the word for the failure), and the facts."""
    keys = json.loads((path.parent / "keys.json").read_bytes())
    network = json.loads((path.parent / "message.json").read_bytes())["cases"][0]["in"]["network"]
    cases = {case["name"]: case for case in json.loads(path.read_bytes())["cases"]}
    reader: Callable[[Case], Facts] = getattr(Readers(keys, network), path.stem.replace("-", "_"))

    def read(case: Case) -> tuple[str, Facts]:
        try:
            return "valid", reader(plain_input(case["in"], cases))
        except Broken as broken:
            return broken.word, {"why": str(broken), "rule": broken.rule}
        except Refused as failure:
            return failure.word, {"why": str(failure)}

    return read
