"""Write the vectors of `tests/vectors`, or look whether they are what would be written.

    python tests/vectors_generate.py            write what differs
    python tests/vectors_generate.py --check    write nothing; exit 1 and name the files that differ

What is random by nature is kept (`vectors_kept`), so a second run writes nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

if __name__ == "__main__":  # run from anywhere, as a program of this tree
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

from vectors_book_body import body_book
from vectors_book_case import case_bundle_book, case_event_book
from vectors_book_consent import consent_book
from vectors_book_contacts import contacts_book
from vectors_book_enrol import invitation_book, offered_book, relay_keys_book
from vectors_book_evidence import evidence_book
from vectors_book_files import IDENTITIES as FILE_IDENTITIES
from vectors_book_files import keyfile_book, relay_key_book, vault_book
from vectors_book_form import form_book
from vectors_book_indicators import indicators_book
from vectors_book_judge import judge_book
from vectors_book_keyset import IDENTITIES as KEYSET_IDENTITIES
from vectors_book_keyset import keyset_book
from vectors_book_lines import line_book, receipt_book
from vectors_book_local import local_book
from vectors_book_log import log_book
from vectors_book_message import message_book, padding_book
from vectors_book_moved import IDENTITIES as MOVED_IDENTITIES
from vectors_book_moved import recovery_book, relay_file_book
from vectors_book_note import note_book, vkey_book
from vectors_book_proposal import proposal_book
from vectors_book_request import request_event_book
from vectors_book_roots import public_book, request_book, signed_book
from vectors_book_roster import roster_book
from vectors_book_sealed import IDENTITIES as SEALED_IDENTITIES
from vectors_book_sealed import attachment_book, envelope_book
from vectors_book_snapshot import snapshot_book
from vectors_book_statement import statement_book
from vectors_book_tlog import policy_book, proof_book, tile_book
from vectors_book_tree import checkpoint_book, tree_book
from vectors_book_witness import witness_book
from vectors_case import FOLDER, Book
from vectors_largest import add_largest
from vectors_world import NAME, PAIRS, both_public, identity, local, officer, pair, recipient

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from directory.keyset import recipient_key

BOOKS: tuple[Callable[[], Book], ...] = (
    note_book,
    vkey_book,
    statement_book,
    keyset_book,
    line_book,
    receipt_book,
    message_book,
    padding_book,
    envelope_book,
    attachment_book,
    invitation_book,
    offered_book,
    relay_keys_book,
    tree_book,
    checkpoint_book,
    tile_book,
    policy_book,
    proof_book,
    witness_book,
    evidence_book,
    keyfile_book,
    vault_book,
    relay_key_book,
    local_book,
    body_book,
    log_book,
    judge_book,
    relay_file_book,
    recovery_book,
    proposal_book,
    contacts_book,
    form_book,
    consent_book,
    roster_book,
    indicators_book,
    case_event_book,
    case_bundle_book,
    request_event_book,
    public_book,
    request_book,
    signed_book,
    snapshot_book,
)
IDENTITIES = (*KEYSET_IDENTITIES, *SEALED_IDENTITIES, *FILE_IDENTITIES, *MOVED_IDENTITIES)


def keys_text() -> str:
    """tests/vectors/keys.json: every key that a case names by its handle."""
    pairs = {}
    for handle in PAIRS:
        keys, public = pair(handle), both_public(handle)
        pairs[handle] = {
            "ed25519_seed": b64(keys.ed25519_seed),
            "mldsa44_seed": b64(keys.mldsa44_seed),
            "ed25519": public[0],
            "mldsa44": public[1],
            "id": keys.public.id,
            "fingerprint": fingerprint(keys.public.id),
            "local": local(handle),
            "name": f"{NAME}/{local(handle)}",
        }
        if handle.startswith(("co-", "ec-")) and "/" not in handle:
            pairs[handle]["officer"] = officer(handle)
    identities = {
        name: {
            "seed": b64(identity(name).seed),
            "identity": str(identity(name)),
            "recipient": recipient(name),
            "key": recipient_key(identity(name).recipient().raw),
        }
        for name in IDENTITIES
    }
    whole = {"format": "keys", "page": "docs/formats/README.md", "pairs": pairs, "identities": identities}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """Every file of vectors, and what belongs into it."""
    yield FOLDER / "keys.json", keys_text()
    for make in BOOKS:
        book = make()
        add_largest(book)
        yield FOLDER / f"{book.format}.json", book.text()


def main(arguments: list[str]) -> int:
    """Write what differs, or with `--check` only name it."""
    different = [(path, text) for path, text in files() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in different:
        print(f"{'differs' if '--check' in arguments else 'written'}: {path.name}")  # noqa: T201  # a program
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    return 1 if different and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
