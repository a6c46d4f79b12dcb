"""What was not believed, kept for a second party to look at: one folder a piece, so many of a kind and no more.

1. `alarms/` is for what shows that the relay, its log or this disk is not as it should be; `doubts/` for what any
   sender can bring about by themselves. What members can fill is apart from what they cannot.
2. Every kind has room for `MOST_OF_A_KIND` pieces, of which the first are kept. So nobody who can cause one kind of
   evidence, as much as they like, keeps another kind from being kept or has it thrown away. What is proven has as much
   room again, of its own: no relay hides two histories behind a heap of claims.
3. The same piece is stored once, so that an alarm raised again and again fills no disk.
4. `accusation` is the one file that a stranger checks (`desk.alarms.accusation`); it is kept whole, beside the loose
   pieces. All claims of a kind have `MOST_CLAIMED_BYTES` together: of one beyond that the loose pieces alone are kept.
5. Where nothing is kept (the kind's room is full, or the disk refuses) the answer says so; the alarm is raised all the
   same.
6. Evidence about a turn holds the sealed envelope, which this desk may still open; so may what the relay announced as
   one and was none. So it goes with its message (`erase_envelope`); the loose pieces stay, which name the envelope by
   its hash and say nothing of its content.
7. Nothing is cut, as older programs cut at `MOST_EVIDENCE_BYTES`: what is too long to be kept whole might hold a
   message, of which nobody could tell any more when it is to be erased, and no signature or hash holds over a part. Of
   such a file its hash and length alone are kept (`FILE.sha256`), which whoever has the file can compare; what tells of
   the alarm says so (`not_kept`).
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from desk import host
from desk.errors import DeskError

MOST_OF_A_KIND = 100
MOST_EVIDENCE_BYTES = 256 << 10  # less is kept whole; of more, and of just so much, hash and length (rule 7)
MOST_CLAIMED_BYTES = 32 << 20
ACCUSATION = "alarm.evidence"
PAYLOAD = "payload.bin"
_HASHED = ".sha256"
_MAY_HOLD = (f"*-turn-*/{ACCUSATION}", f"*-stream-*/{PAYLOAD}")


def keep(
    folder: Path,
    kind: str,
    files: Mapping[str, bytes],
    now: int,
    about: bytes = b"",
    accusation: bytes = b"",
    proven: bool = False,
) -> str:
    """Store a piece of evidence in `folder`; returns where it is, or that it is in no folder and why.

    `about` is what makes it the same piece, where the files themselves differ every time (sealed ones do).
    """
    told = b"".join(name.encode() + b"\0" + data + b"\0" for name, data in sorted(files.items()))
    digest = sha256(about or told).hexdigest()[:16]
    try:
        host.private_folder(folder)
        of_kind = sorted(each.name for each in folder.iterdir() if each.name.split("-", 1)[-1][:-17] == kind)
        same = [each for each in of_kind if each.endswith(digest)]
        if not same and len(of_kind) >= MOST_OF_A_KIND * (2 if proven else 1):
            return f"no folder: {folder} holds {len(of_kind)} pieces of the kind {kind} already; look at those"
        place = folder / (same[0] if same else f"{now}-{kind}-{digest}")
        host.private_folder(place)
        for name, data in map(_whole, files, files.values()):
            if not (place / name).exists():  # a crash, or a full disk, may have come between the first and the last
                host.write_whole(place / name, data)
        kept = (folder / each / ACCUSATION for each in of_kind)
        there = sum(each.stat().st_size for each in kept if each.exists())
        room = proven or there + len(accusation) <= MOST_CLAIMED_BYTES
        if accusation and room and not (place / ACCUSATION).exists():
            host.write_whole(place / ACCUSATION, accusation)
    except (DeskError, OSError) as error:
        return f"no folder: {error}"
    return str(place)


def _whole(name: str, data: bytes) -> tuple[str, bytes]:
    """A file as it is kept (rule 7)."""
    if len(data) < MOST_EVIDENCE_BYTES:
        return name, data
    return hashed(name, data)


def hashed(name: str, data: bytes) -> tuple[str, bytes]:
    """What is kept of a file that is too long to be kept, or of one whose sealed form is."""
    return name + _HASHED, f"sha256 {sha256(data).hexdigest()} of {len(data)} bytes\n".encode()


def not_kept(files: Mapping[str, bytes], most: int = MOST_EVIDENCE_BYTES) -> str:
    """What is told of files of `most` bytes and more, which are not kept (rule 7); empty if there are none."""
    long = [f"{name} ({len(data)} bytes)" for name, data in sorted(files.items()) if len(data) >= most]
    return f"too long to be kept, so only hash and length are: {', '.join(long)}" if long else ""


def erase_envelope(folder: Path, envelope: str) -> None:
    """Remove from `folder` every file that may hold the envelope of this hash, whose message is erased (rule 6).

    By what stands loose beside it, so that a damaged file goes too. Raises OSError: then it is tried again.
    """
    for file in sorted(each for pattern in _MAY_HOLD for each in folder.glob(pattern)):
        loose = (each for each in file.parent.iterdir() if each != file and each.is_file())
        if any(envelope.encode() in each.read_bytes() for each in loose):
            host.remove(file)
