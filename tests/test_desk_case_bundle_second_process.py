"""`enlace case verify` in a second process without network, relay and profile: a bundle as it was exported, and altered
ones, each refused by the command with the part named."""

from collections.abc import Iterator
from pathlib import Path

import bundle_altered as made
from bundle_world import policy, whole
from shut_in import shut_in

from crypto.age import encrypt
from crypto.age_x25519 import X25519Identity
from crypto.note import parse_note
from crypto.policy import write_policy
from desk.cases.bundle_file import KINDS, MANIFEST_TYPE, Manifest, write_bundle
from directory.canonical import read_body

KEY = X25519Identity.generate()
DISHONEST = (
    made.words_changed,
    made.receipt_of_another,
    made.receipt_dated_back,
    made.receipt_of_a_relay_not_named,
    made.another_messages_envelope,
    made.another_file_key,
    made.a_header_that_says_otherwise,
    made.an_answer_of_whom_it_was_not_for,
    made.a_refusal_that_was_an_opening,
    made.delivered_to_whom_it_was_not_sealed,
    made.a_forged_line,
    made.a_statement_dropped,
    made.another_log,
    made.another_photograph,
    made.no_photograph,
    made.left_out_and_in_it,
    made.signed_by_another,
    made.the_opening_gone,
    made.index_says_otherwise,
)


def signed_anew() -> Iterator[tuple[str, str, bytes]]:
    """What an exporter alters who has the keys: what it is called, the part it has to name, the bundle."""
    for alter in DISHONEST:
        bundle = whole()
        alter(bundle)
        note, parts = bundle.signed(index=False)
        yield alter.__name__, made.SIGNED_ANEW[alter], b"".join(write_bundle(note, parts))


def spoilt(note: bytes, parts: list[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """What anybody alters who can open and seal it: one byte of each kind of part, parts gone, what is around them."""
    names = [each.name for each in read_body(parse_note(note).text, MANIFEST_TYPE, Manifest).parts]
    for kind in KINDS:
        at = next(at for at, name in enumerate(names) if name.partition("-")[0] == kind)
        middle = len(parts[at]) // 2
        changed = parts[at][:middle] + bytes([parts[at][middle] ^ 1]) + parts[at][middle + 1 :]
        yield f"a byte of {kind}", names[at], b"".join(write_bundle(note, [*parts[:at], changed, *parts[at + 1 :]]))
    yield "the last part gone", "manifest", b"".join(write_bundle(note, parts[:-1]))
    yield "parts the other way round", "index", b"".join(write_bundle(note, parts[::-1]))
    yield "another language", "manifest", b"".join(write_bundle(note.replace(b'"pt"', b'"es"'), parts))
    yield "no manifest", "manifest", b"".join(write_bundle(b"words", parts))
    yield "half a signature", "manifest", b"".join(write_bundle(note[:-9], parts))
    whole_file = b"".join(write_bundle(note, parts))
    yield "more behind the end", "frame", whole_file + b"more"
    yield "cut short", "frame", whole_file[:-9]
    yield "another number of parts", "frame", whole_file.replace(b'{"parts":', b'{"parts":1', 1)


def test_each_altered_bundle_is_refused_with_the_part_named(tmp_path: Path) -> None:
    note, parts = whole().signed(index=False)
    altered = [*signed_anew(), *spoilt(note, parts)]
    assert len(altered) > 30
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "case.policy").write_bytes(write_policy(policy()))
    sealed = encrypt(b"".join(write_bundle(note, parts)), [KEY.recipient()])
    files = [sealed, *(encrypt(raw, [KEY.recipient()]) for *_, raw in altered), sealed[:-1]]
    typed = []
    for number, raw in enumerate(files):
        (tmp_path / f"{number}.age").write_bytes(raw)
        typed.append(["case", "verify", f"{number}.age", "-i", "key", "--policy", "case.policy", "--save", "saved"])
    (tmp_path / "saved").mkdir()
    first, *others, last = shut_in(tmp_path, typed)
    assert first.code == 0, first
    assert first.out.startswith("WHOLE, and proven as far as is said here: case ")
    saved = {each.name for each in (tmp_path / "saved").iterdir()}
    assert "photo.jpg" in saved
    for (what, part, _), ran in zip(altered, others, strict=True):
        found = f"ALARM: NOT proven, this bundle was altered: part {part}"
        assert (ran.code, ran.out, found in ran.err) == (5, "", True), (what, part, ran)
    assert (last.code, last.out) == (6, "")
    assert {each.name for each in (tmp_path / "saved").iterdir()} == saved
