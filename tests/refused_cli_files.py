"""Bad files handed to commands, and profiles that were spoiled: each a good one of the office with one thing wrong."""

import re
from collections.abc import Callable
from pathlib import Path

from cli_world import Office

Typed = tuple[str, str, tuple[str, ...], int, str]
DEEP = b"[" * 100_000


def invitation(office: Office) -> bytes:
    """A good invitation that nobody used."""
    path = office.folder / "letters" / "unused"
    if not path.exists():
        options = ("--role", "coordinator", "--label", "Officer on duty", "--out", str(path))
        office.ask("ar-admin", "invite", *options)
    return next(path.iterdir()).read_bytes()


def relay_keys(office: Office) -> bytes:
    """The public keys of the relay."""
    return (office.relay.folder / "relay-keys.json").read_bytes()


def settings(office: Office) -> bytes:
    """The relay's settings."""
    return (office.relay.folder / "relay.toml").read_bytes()


def proposal(office: Office) -> bytes:
    """A proposal that waits for a second administrator."""
    path = office.folder / "proposal"
    if not path.exists():
        officer = office.officers["ar-desk"]
        ran = office.run("ar-admin", "officer", "roles", officer, "--role", "administrator", "--proposal", str(path))
        assert ran.code == 8, ran
    return path.read_bytes()


def sealed_file(office: Office) -> bytes:
    """An age file under the office's passphrase."""
    path, secret = office.folder / "sealed.age", str(office.folder / "passphrase")
    if not path.exists():
        plain = office.file("plain", "hello\n")
        ran = office.run("ar-desk", "age", "encrypt", "-p", "--passphrase-file", secret, "-o", str(path), plain)
        assert ran.code == 0, ran
    return path.read_bytes()


def keys(office: Office) -> tuple[str, str]:
    """A fresh identity file, and its recipient."""
    path = office.folder / "identity"
    if not path.exists():
        assert office.run("ar-desk", "age", "keygen", "-o", str(path)).code == 0
    found = re.search(r"age1pq1[a-z0-9]+", path.read_text())
    assert found is not None
    return str(path), found[0]


def recovery(office: Office) -> bytes:
    """A recovery file of ar-desk's."""
    path, secret = office.folder / "recovery.age", office.file("file-passphrase", "nothing like the other one\n")
    if not path.exists():
        office.ask("ar-desk", "recovery", "write", str(path), "--file-passphrase-file", secret)
    return path.read_bytes()


def request(office: Office) -> bytes:
    """A request to the root keys."""
    path = office.folder / "request"
    if not path.exists():
        ran = office.run("secretariat", "network", "revoke", "co", "--request", str(path), "--yes")
        assert path.exists(), ran
    return path.read_bytes()


def snapshot(office: Office) -> bytes:
    """The directory of ar-desk."""
    path = office.folder / "snapshot"
    if not path.exists():
        office.ask("ar-desk", "snapshot", "write", str(path))
    return path.read_bytes()


Make = Callable[[Office], bytes]


def changed(make: Make, old: bytes, new: bytes) -> Make:
    """A good file with something else in it."""

    def made(office: Office) -> bytes:
        good = make(office)
        assert old in good, (old, good[:300])
        return good.replace(old, new, 1)

    return made


def cut(make: Make, size: int = 40) -> Make:
    """A good file without its end."""
    return lambda office: make(office)[:-size]


def more(make: Make, extra: bytes) -> Make:
    """A good file with something behind it."""
    return lambda office: make(office) + extra


CARD = b"BEGIN:VCARD\nVERSION:4.0\nFN:Mesa\nROLE:trata\nEND:VCARD\n"
CSV = b"contact,country,function,name_en,phone,languages,zone,hours\n"
ROW = b"ar-x,AR,trafficking-24-7,X,always:+12025550110,es,America/Argentina/Buenos_Aires,24/7\n"
FILES: dict[str, Make] = {
    "letter": invitation,
    "letter_cut": cut(invitation),
    "letter_version": changed(invitation, b"invitation/v1", b"invitation/v2"),
    "letter_space": changed(invitation, b'{"', b'{ "'),
    "letter_twice": changed(invitation, b'"expires"', b'"expires":1,"expires"'),
    "letter_field": changed(invitation, b'"checkpoint"', b'"aaa":1,"checkpoint"'),
    "letter_crlf": lambda office: invitation(office).replace(b"\n", b"\r\n"),
    "letter_http": changed(invitation, b"https://", b"http://"),
    "letter_deep": lambda office: b"enlace/invitation/v1\n" + DEEP[:60_000] + b"\n",
    "letter_large": lambda office: b"enlace/invitation/v1\n" + b"x" * (65 << 10) + b"\n",
    "letter_bom": lambda office: b"\xef\xbb\xbf" + invitation(office),
    "letter_over": lambda office: re.sub(rb'"expires":[0-9]+', b'"expires":1000', invitation(office)),
    "relay_cut": cut(relay_keys),
    "relay_twice": changed(relay_keys, b"{", b'{"relay":"https://x.example",'),
    "relay_field": changed(relay_keys, b"{", b'{"aaa":1,'),
    "relay_deep": lambda office: DEEP,
    "relay_large": lambda office: b'{"relay":"' + b"x" * (1 << 20) + b'"}',
    "relay_latin": changed(relay_keys, b"log.enlace", b"log.\xe1nlace"),
    "relay_http": changed(relay_keys, b"https://", b"http://"),
    "relay_key": lambda office: re.sub(rb'"log_ed25519":\s*"[^"]+"', b'"log_ed25519":"AAAA"', relay_keys(office)),
    "proposal_cut": cut(proposal),
    "proposal_deep": lambda office: DEEP,
    "proposal_twice": changed(proposal, b"{", b'{"bodies":[],'),
    "proposal_field": changed(proposal, b"{", b'{"aaa":1,'),
    "proposal_latin": lambda office: proposal(office)[:-3] + b"\xe1" + proposal(office)[-3:],
    "proposal_altered": changed(proposal, b"administrator", b"investigator"),
    "proposal_large": lambda office: b"{" + b" " * (9 << 20) + b"}",
    "csv_latin": lambda office: CSV + ROW.replace(b",X,", b",Bogot\xe1,"),
    "csv_null": lambda office: CSV + ROW.replace(b",X,", b",X\0,"),
    "csv_quote": lambda office: CSV + ROW.replace(b",X,", b',"X,'),
    "csv_columns": lambda office: CSV.replace(b"country", b"contact") + ROW,
    "csv_short": lambda office: CSV + b"ar-x,AR\n",
    "csv_long": lambda office: CSV + ROW.replace(b"24/7\n", b"24/7,more\n"),
    "csv_twice": lambda office: CSV + ROW + ROW,
    "csv_function": lambda office: CSV + ROW.replace(b"trafficking-24-7", b"traficking"),
    "csv_phone": lambda office: CSV + ROW.replace(b"+12025550110", b"0110"),
    "csv_zone": lambda office: CSV + ROW.replace(b"America/Argentina/Buenos_Aires", b"Mars/Base"),
    "csv_hours": lambda office: CSV + ROW.replace(b",24/7\n", b",mon 25:00-26:00\n"),
    "csv_empty": lambda office: b"",
    "csv_large": lambda office: CSV + ROW.replace(b",X,", b"," + b"X" * 100_000 + b","),
    "csv_national": lambda office: CSV + ROW.replace(b"always:+12025550110", b"555"),
    "csv_short_number": lambda office: CSV + ROW.replace(b"+12025550110", b"+12025550"),
    "csv_own": lambda office: b"contact;nombre;colour\nar-x;X;red\n",
    "csv_same": lambda office: b"function,name_es,phone\ntrata,Mesa,+12025550110\n",
    "card_old": lambda office: CARD.replace(b"4.0", b"2.1"),
    "card_cut": lambda office: CARD[:-12],
    "card_line": lambda office: CARD.replace(b"FN:", b"FN;x:"),
    "card_latin": lambda office: CARD.replace(b"Mesa", b"Bogot\xe1"),
    "card_bare": lambda office: CARD.replace(b"ROLE:trata\n", b""),
    "jcard_version": lambda office: b'["vcard", [["version", {}, "text", "3.0"]]]',
    "jcard_shape": lambda office: b'["vcard", [["version"]]]',
    "jscontact_version": lambda office: b'{"@type": "Card", "version": "3.0"}',
    "jscontact_twice": lambda office: b'{"@type": "Card", "version": "2.0", "name": {}, "name": {}}',
    "json_field": lambda office: b'{"type": "enlace/contacts/v1", "contacts": [{"contact": "ar-x", "colour": 1}]}',
    "json_deep": lambda office: b'{"contacts": ' + b"[" * 60_000,
    "map_bad": lambda office: b"[columns\n",
    "map_column": lambda office: b'[columns]\n"x" = "colour"\n',
    "map_latin": lambda office: b'[columns]\n"Tel\xe9fono" = "phone"\n',
    "set_toml": changed(settings, b"\n[listen]", b"\n[listen"),
    "set_twice": changed(settings, b"\n[data]", b"\n[listen]"),
    "set_key": changed(settings, b"trusted_proxies", b"trusted_proxys"),
    "set_section": changed(settings, b"\n[logging]", b"\n[loging]"),
    "set_type": changed(settings, b"\nport = ", b"\nport = 'x' #"),
    "set_range": changed(settings, b"token_seconds = 600", b"token_seconds = 5"),
    "set_negative": changed(settings, b"burst = 600", b"burst = -1"),
    "set_proxies": changed(settings, b"trusted_proxies = []", b'trusted_proxies = ["proxy.example"]'),
    "set_latin": changed(settings, b"# Settings", b"# Bogot\xe1"),
    "set_missing": changed(settings, b"\npublic_url", b"\n# public_url"),
    "set_url": changed(settings, b'public_url = "https', b'public_url = "http'),
    "set_level": changed(settings, b'level = "info"', b'level = "all"'),
    "sealed_cut": cut(sealed_file),
    "sealed_header": changed(sealed_file, b"age-encryption.org/v1", b"age-encryption.org/v2"),
    "sealed_work": changed(sealed_file, b" 10\n", b" 30\n"),
    "sealed_altered": lambda office: sealed_file(office)[:-1] + bytes([sealed_file(office)[-1] ^ 1]),
    "note_altered": lambda office: b"hello!\n\n\xe2\x80\x94 x.example AAAAAAAA\n",
    "recovery_cut": cut(recovery),
    "recovery_altered": lambda office: recovery(office)[:-1] + bytes([recovery(office)[-1] ^ 1]),
    "recovery_good": recovery,
    "snapshot_good": snapshot,
    "snapshot_cut": cut(snapshot),
    "snapshot_more": more(snapshot, b"\n"),
    "snapshot_version": changed(snapshot, b"snapshot/v1", b"snapshot/v2"),
    "snapshot_twice": changed(snapshot, b'{"bodies":', b'{"bodies":1,"bodies":'),
    "snapshot_deep": lambda office: b"enlace/snapshot/v1\n" + DEEP[:60_000] + b"\n",
    "snapshot_large": lambda office: b"enlace/snapshot/v1\n" + b"x" * (1 << 20 | 1) + b"\n",
    "snapshot_latin": changed(snapshot, b'"checkpoint":"log', b'"checkpoint":"l\xf3g'),
    "snapshot_entry": changed(snapshot, b'"country":"CO"', b'"country":"CL"'),
    "snapshot_fewer": lambda office: re.sub(rb'"entries":[0-9]+', b'"entries":1', snapshot(office), count=1),
    "snapshot_body": lambda office: snapshot(office)[:-40] + b"A" * 37 + b'="}',
    "request_cut": cut(request),
    "request_deep": lambda office: DEEP,
    "request_twice": changed(request, b"{", b'{"aaa":1,"aaa":1,'),
    "request_good": request,
}
# A copy of ar-desk's profile with one file of it replaced.
SPOILED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "spoiled-empty": ("profile.json", lambda good: b""),
    "spoiled-cut": ("profile.json", lambda good: good[:-5]),
    "spoiled-deep": ("profile.json", lambda good: DEEP),
    "spoiled-twice": ("profile.json", lambda good: good.replace(b"{", b'{"kind":"officer",', 1)),
    "spoiled-field": ("profile.json", lambda good: good.replace(b"{", b'{"aaa":1,', 1)),
    "spoiled-latin": ("profile.json", lambda good: good.replace(b"enlace.example", b"enl\xe1ce.example", 1)),
    "spoiled-keys": ("keys.age", lambda good: good[:-1]),
    "spoiled-no-keys": ("keys.age", lambda good: b"hello"),
    "spoiled-reception": ("reception.json", lambda good: good[:-3]),
    "spoiled-reception-deep": ("reception.json", lambda good: DEEP),
    "spoiled-reception-twice": ("reception.json", lambda good: good.replace(b"{", b'{"ed25519":"",', 1)),
    "spoiled-replica": ("replica.db", lambda good: b"hello" * 1000),
    "spoiled-messages": ("messages.db", lambda good: b"hello" * 1000),
    "spoiled-session": ("vault/session.age", lambda good: good[:-1]),
}


def places(office: Office, plain: dict[str, bytes]) -> dict[str, str]:
    """What `{name}` stands for: all the files, `plain` ones too, and paths of the office. Spoils profiles, too."""
    (office.folder / "letters").mkdir(mode=0o700, exist_ok=True)
    for name, (file, spoil) in SPOILED.items():
        path = office.profile(office.copy("ar-desk", name)) / file
        path.write_bytes(spoil(path.read_bytes()))
        for each in ("-wal", "-shm"):
            Path(f"{path}{each}").unlink(missing_ok=True)
    identity, recipient = keys(office)
    made = {name: office.file(f"bad-{name}", each(office)) for name, each in FILES.items()}
    made |= {name: office.file(name, content) for name, content in plain.items()}
    return made | {
        "identity": identity,
        "recipient": recipient,
        "nowhere": str(office.folder / "nowhere"),
        "letters": str(office.folder / "letters"),
        "roots": str(office.folder / "roots"),
        "relay": str(office.relay.folder),
        "relay_keys": str(office.relay.folder / "relay-keys.json"),
        "passphrase": str(office.folder / "passphrase"),
        "file_passphrase": str(office.folder / "file-passphrase"),
        "device": office.ask("ar-admin", "status")["device"],
    }
