"""Bad commands about what is handed in: a bad file of `refused_cli_files`, or a spoiled profile."""

from refused_cli_files import Typed


def enrolling(kind: str, letter: str, words: str = "this is not an invitation") -> Typed:
    """An enrolment with a bad invitation."""
    return kind, "fresh", ("enrol", f"{{letter_{letter}}}"), 2, words


def founding(kind: str, file: str, words: str = "not what `enlace relay init` writes") -> Typed:
    """A founding with bad relay keys."""
    typed = ("network", "found", "--name", "other.example", "--roots", "{nowhere}", "--relay-keys", f"{{relay_{file}}}")
    return kind, "fresh", typed, 2, words


def approving(kind: str, file: str, words: str = "this is no proposal", code: int = 2) -> Typed:
    """An approval of a bad proposal."""
    return kind, "ar-admin", ("approve", f"{{proposal_{file}}}", "--yes"), code, words


def importing(kind: str, file: str, code: int = 3, words: str = "nothing was imported") -> Typed:
    """An import of a bad table."""
    return kind, "ar-admin", ("contact", "import", f"{{csv_{file}}}", "--yes"), code, words


def importing_as(kind: str, file: str, words: str, *more: str, code: int = 3) -> Typed:
    """An import of a bad file of another format, or with bad options."""
    return kind, "ar-admin", ("contact", "import", f"{{{file}}}", "--yes", *more), code, words


def exporting(kind: str, words: str, *more: str, code: int = 2) -> Typed:
    """An export with bad options."""
    return kind, "ar-admin", ("contact", "export", *more), code, words


def reading(kind: str, file: str, words: str, code: int = 2) -> Typed:
    """A snapshot that is not taken in."""
    return kind, "ar-desk", ("snapshot", "read", f"{{snapshot_{file}}}"), code, words


def checking(kind: str, file: str, words: str) -> Typed:
    """A check of a relay with bad settings."""
    return kind, "operator", ("relay", "check", "--settings", f"{{set_{file}}}"), 2, words


def publishing(kind: str, detail: str, words: str) -> Typed:
    """A contact with a bad detail."""
    return kind, "ar-admin", ("contact", "publish", "ar-new", "--set", detail), 2, words


def using(kind: str, who: str, words: str, *typed: str, code: int = 2) -> Typed:
    """A command with a spoiled profile."""
    return kind, who, typed or ("status",), code, words


OPEN = ("age", "decrypt", "--passphrase-file", "{passphrase}", "-o", "{nowhere}")
SEAL = ("age", "encrypt", "-o", "{nowhere}")
SHOW = ("recovery", "show", "--file-passphrase-file", "{file_passphrase}")
SIGN = (
    "root",
    "sign",
    "--root-key",
    "{roots}/root-1.age",
    "--root-passphrase-file",
    "{passphrase}",
    "--out",
    "{nowhere}",
)
TYPED: dict[str, Typed] = {
    "invitation cut off": enrolling("truncated", "cut"),
    "invitation of a later version": enrolling("malformed", "version"),
    "invitation with white space": enrolling("malformed", "space"),
    "invitation with one key twice": enrolling("duplicate keys", "twice"),
    "invitation with a field more": enrolling("unknown", "field"),
    "invitation with other line ends": enrolling("malformed", "crlf"),
    "invitation to a relay without TLS": enrolling("malformed", "http"),
    "invitation nested deeply": enrolling("deep JSON", "deep"),
    "invitation of 65 KiB": enrolling("oversized", "large", "invitation"),
    "invitation with a byte order mark": enrolling("malformed", "bom"),
    "invitation that is over": enrolling("expired", "over", "has expired; ask your administrator"),
    "relay keys cut off": founding("truncated", "cut"),
    "relay keys with one key twice": founding("duplicate keys", "twice"),
    "relay keys with a field more": founding("unknown", "field"),
    "relay keys nested deeply": founding("deep JSON", "deep"),
    "relay keys of a megabyte": founding("oversized", "large", "relay keys"),
    "relay keys in Latin-1": founding("bad UTF-8", "latin"),
    "relay keys without TLS": founding("malformed", "http"),
    "relay keys with a short key": founding("malformed", "key"),
    "proposal cut off": approving("truncated", "cut"),
    "proposal nested deeply": approving("deep JSON", "deep"),
    "proposal with one key twice": approving("duplicate keys", "twice"),
    "proposal with a field more": approving("unknown", "field"),
    "proposal of bad UTF-8": approving("bad UTF-8", "latin"),
    "proposal that was altered": approving("wrong signer", "altered", "signature"),
    "proposal of nine megabytes": approving("oversized", "large", "larger than"),
    "table in Latin-1": importing("bad UTF-8", "latin"),
    "table with a null byte": importing("malformed", "null"),
    "table with an open quote": importing("malformed", "quote"),
    "table with one column twice": importing("duplicate keys", "columns"),
    "table with a short line": importing("truncated", "short"),
    "table with a long line": importing("malformed", "long"),
    "table with one contact twice": importing("duplicate keys", "twice"),
    "table with an unknown function": importing("unknown", "function"),
    "table with half a number": importing("malformed", "phone"),
    "table with no time zone": importing("unknown", "zone"),
    "table with an hour there is not": importing("malformed", "hours"),
    "table with a number that is none here": importing("malformed", "national"),
    "table with a number too short": importing("malformed", "short_number"),
    "table with a column of its own": importing("unknown", "own"),
    "table with what is listed already": importing_as(
        "wrong state", "csv_same", r"probably listed already; nothing was imported", "--duplicates=refuse"
    ),
    "table with a map that names no column": importing_as(
        "unknown", "csv_own", "which is no column; did you mean", "--map", "colour=phon", code=2
    ),
    "table with a map of nothing": importing_as("malformed", "csv_own", "has no = in it", "--map", "colour", code=2),
    "table with a map of what is not there": importing_as("unknown", "csv_own", "nothing was imported", "--map", "x="),
    "table with a value of no column": importing_as("unknown", "csv_own", "no column is", "--set", "x=1", code=2),
    "map that is no TOML": importing_as("malformed", "csv_own", "no TOML", "--map-file", "{map_bad}", code=2),
    "map to no column": importing_as("unknown", "csv_own", "is no column", "--map-file", "{map_column}", code=2),
    "map in Latin-1": importing_as("bad UTF-8", "csv_own", "not UTF-8", "--map-file", "{map_latin}", code=2),
    "map that is not there": importing_as("not found", "csv_own", "no mapping at", "--map-file", "{nowhere}", code=7),
    "map of cards": importing_as("malformed", "card_old", "and this is vcard", "--map", "x=", code=2),
    "card of version 2.1": importing_as("unknown", "card_old", "nothing was imported"),
    "card cut off": importing_as("truncated", "card_cut", "nothing was imported"),
    "card with a line that is none": importing_as("malformed", "card_line", "nothing was imported"),
    "card in Latin-1": importing_as("bad UTF-8", "card_latin", "nothing was imported"),
    "card without a function": importing_as("missing", "card_bare", "nothing was imported"),
    "card read as another format": importing_as("malformed", "card_bare", "nothing", "--format", "jscontact"),
    "jCard of version 3.0": importing_as("unknown", "jcard_version", "nothing was imported"),
    "jCard without a value": importing_as("malformed", "jcard_shape", "nothing was imported"),
    "JSContact of version 3.0": importing_as("unknown", "jscontact_version", "nothing was imported"),
    "JSContact with one key twice": importing_as("duplicate keys", "jscontact_twice", "nothing was imported"),
    "contacts in JSON with a field more": importing_as("unknown", "json_field", "nothing was imported"),
    "contacts in JSON nested deeply": importing_as("deep JSON", "json_deep", "nothing was imported"),
    "export onto what is there": exporting("wrong state", "exists already", "--out", "{text}"),
    "export of an unknown country": exporting(
        "unknown", "no country is called 'Atlantis'", "--country", "Atlantis", "--out", "{nowhere}"
    ),
    "export of nobody": exporting("not found", "nothing was written", "--country", "PE", "--out", "{nowhere}", code=7),
    "export of sheets to nowhere": exporting("missing", "say with --out where the sheets go", "--format", "pdf"),
    "export of sheets into a file": exporting(
        "wrong state", "cannot be a folder", "--format", "pdf", "--out", "{text}"
    ),
    "table that is empty": importing("truncated", "empty"),
    "table with a cell of 100,000 characters": importing("oversized", "large"),
    "settings that are no TOML": checking("malformed", "toml", "is not TOML"),
    "settings with one section twice": checking("duplicate keys", "twice", "is not TOML"),
    "settings with a slip": checking("unknown", "key", "did you mean trusted_proxies"),
    "settings with a slip in a section": checking("unknown", "section", "did you mean logging"),
    "settings with text for a number": checking("malformed", "type", "port"),
    "settings beyond a bound": checking("malformed", "range", "token_seconds"),
    "settings below nothing": checking("malformed", "negative", "burst"),
    "settings with a proxy by name": checking("malformed", "proxies", "trusted_proxies"),
    "settings in Latin-1": checking("bad UTF-8", "latin", "save it as UTF-8"),
    "settings without what is needed": checking("missing", "missing", "public_url is not set"),
    "settings without TLS": checking("malformed", "url", "public_url"),
    "settings with a level there is not": checking("unknown", "level", "level"),
    "settings that are not there": ("not found", "operator", ("relay", "check", "--settings", "{nowhere}"), 2,
    "cannot be read"),
    "relay in a folder in use": (
        "wrong state", "operator", ("relay", "init", "{relay}", "--public-url", "https://x.example", "--origin", "x"),
        2,
        "already holds .*; nothing was written",
    ),
    "relay without TLS": (
        "malformed", "operator", ("relay", "init", "{nowhere}", "--public-url", "http://x.example", "--origin", "x"),
        2, "public_url",
    ),
    "relay with a bad origin": (
        "malformed", "operator", ("relay", "init", "{nowhere}", "--public-url", "https://x.example", "--origin",
        "X Y"), 2, "origin",
    ),
    "relay with a bad port": (
        "malformed", "operator", ("relay", "init", "{nowhere}", "--public-url", "https://x.example:99999", "--origin",
        "x"), 2, "address",
    ),
    "contact in no zone": publishing("unknown", "zone=Mars/Base", "zone"),
    "contact at no hour": publishing("malformed", "hours=mon 25:00-26:00", "hours"),
    "contact in no language": publishing("malformed", "languages=klingon", "languages"),
    "contact with no address": publishing("malformed", "email=nobody", "e-?mail"),
    "contact with a control character": publishing("malformed", "name_en=a\x1b[31m", "name_en"),
    "contact with a long name": publishing("oversized", "name_en=" + "x" * 5000, "name_en"),
    "contact with a detail twice": (
        "duplicate keys", "ar-admin", ("contact", "publish", "ar-new", "--set", "zone=UTC", "--set", "zone=UTC"), 2,
        "twice|zone"
    ),
    "contact with a bad id": ("malformed", "ar-admin", ("contact", "publish", "AR Desk", "--set", "zone=UTC"), 2,
    "AR Desk"),
    "profile that is empty": using("truncated", "spoiled-empty", "is damaged"),
    "profile cut off": using("truncated", "spoiled-cut", "is damaged"),
    "profile nested deeply": using("deep JSON", "spoiled-deep", "is damaged"),
    "profile with one key twice": using("duplicate keys", "spoiled-twice", "stands twice"),
    "profile with a field more": using("unknown", "spoiled-field", "is damaged"),
    "profile in Latin-1": using("bad UTF-8", "spoiled-latin", "is damaged"),
    "key file cut off": using("truncated", "spoiled-keys", "is not this profile's key file"),
    "key file that is none": using("malformed", "spoiled-no-keys", "is not this profile's key file"),
    "reception keys cut off": using("truncated", "spoiled-reception", "is damaged", "watch"),
    "reception keys nested deeply": using("deep JSON", "spoiled-reception-deep", "is damaged", "watch"),
    "reception keys with one twice": using("duplicate keys", "spoiled-reception-twice", "is damaged", "watch"),
    "replica of other bytes": using("malformed", "spoiled-replica", "is damaged, or cannot be opened"),
    "messages of other bytes": using("malformed", "spoiled-messages", "is damaged, or cannot be opened"),
    "session cut off": using("truncated", "spoiled-session", "run `enlace login`", "sync", code=6),
    "age file cut off": ("truncated", "ar-desk", (*OPEN, "{sealed_cut}"), 3, ""),
    "age file of a later version": ("malformed", "ar-desk", (*OPEN, "{sealed_header}"), 3, ""),
    "age file that asks for too much": ("oversized", "ar-desk", (*OPEN, "{sealed_work}"), 3, ""),
    "age file that was altered": ("wrong signer", "ar-desk", (*OPEN, "{sealed_altered}"), 5, ""),
    "no age file": ("malformed", "ar-desk", (*OPEN, "{text}"), 3, ""),
    "age file under another passphrase": (
        "wrong signer", "ar-desk", ("age", "decrypt", "--passphrase-file", "{wrong}", "{recovery_good}"), 6,
        "passphrase"
    ),
    "age file for another identity": ("wrong signer", "ar-desk", ("age", "decrypt", "-i", "{identity}",
    "{recovery_good}"), 2, ""),
    "no identity": ("malformed", "ar-desk", ("age", "decrypt", "-i", "{text}", "{recovery_good}"), 2, ""),
    "recipient with a slip": ("malformed", "ar-desk", (*SEAL, "-r", "age1pq1qqqq", "{text}"), 2, ""),
    "no recipient": ("missing", "ar-desk", (*SEAL, "{text}"), 2, ""),
    "recipients of two kinds": (
        "malformed", "ar-desk",
        (*SEAL, "-r", "{recipient}", "-r", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "{text}"),
        2, "must not share",
    ),
    "passphrase beside a recipient": (
        "malformed", "ar-desk", (*SEAL, "-p", "--passphrase-file", "{passphrase}", "-r", "{recipient}", "{text}"), 2, ""
    ),
    "identity written over": ("wrong state", "ar-desk", ("age", "keygen", "-o", "{identity}"), 2, "exists"),
    "note without its key": ("missing", "ar-desk", ("note", "verify", "{note_altered}"), 2, ""),
    "key that verifies nothing": ("malformed", "ar-desk", ("note", "verify", "-k", "x+y+z", "{note_altered}"), 2, ""),
    "note that is none": (
        "malformed", "ar-desk", ("note", "verify", "-k",
        "example.com/foo+530e903c+AXTRn2nf3MT/OSUIAvDPDPLRkGdE1ntJYBwW9MtWS5UD", "{text}"), 2, ""
    ),
    "recovery file cut off": ("truncated", "ar-desk", (*SHOW, "{recovery_cut}"), 2, ""),
    "recovery file that was altered": ("wrong signer", "ar-desk", (*SHOW, "{recovery_altered}"), 2, ""),
    "no recovery file": ("malformed", "ar-desk", (*SHOW, "{text}"), 2, ""),
    "recovery file that is not there": ("not found", "ar-desk", (*SHOW, "{nowhere}"), 7, ""),
    "recovery file under another passphrase": (
        "wrong signer", "ar-desk", ("recovery", "show", "--file-passphrase-file", "{wrong}", "{recovery_good}"), 6,
        "passphrase"
    ),
    "recovery file of somebody else": (
        "wrong role", "co-desk", ("recovery", "use", "--file-passphrase-file", "{file_passphrase}", "{recovery_good}",
        "--yes"), 3, ""
    ),
    "recovery file written over": (
        "wrong state", "ar-desk", ("recovery", "write", "--file-passphrase-file", "{file_passphrase}", "{text}"), 2,
        "exists already"
    ),
    "snapshot cut off": reading("truncated", "cut", "it was cut off on the way"),
    "snapshot with something behind": reading("oversized", "more", "there is more behind its last body"),
    "snapshot of a later version": reading("malformed", "version", "its first line is not"),
    "snapshot with one key twice": reading("duplicate keys", "twice", "stands twice"),
    "snapshot nested deeply": reading("deep JSON", "deep", "is no snapshot"),
    "snapshot with a head too long": reading("oversized", "large", "of JSON; at most"),
    "snapshot not UTF-8": reading("bad UTF-8", "latin", "not UTF-8"),
    "snapshot with fewer entries announced": reading("truncated", "fewer", "is no snapshot, or it was altered"),
    "snapshot with an entry altered": reading("wrong signer", "entry", "nothing was taken from it", 3),
    "snapshot with a body altered": reading("wrong signer", "body", "nothing was taken from it", 3),
    "what is no snapshot": ("malformed", "ar-desk", ("snapshot", "read", "{text}"), 2, "is no snapshot"),
    "snapshot that is not there": ("not found", "ar-desk", ("snapshot", "read", "{nowhere}"), 2, "does not exist"),
    "snapshot that is a folder": ("malformed", "ar-desk", ("snapshot", "read", "{letters}"), 2, "is a directory"),
    "snapshot written over": ("wrong state", "ar-desk", ("snapshot", "write", "{text}"), 2, "exists already"),
    "snapshot into no folder": ("not found", "ar-desk", ("snapshot", "write", "{nowhere}/s"), 1, "cannot be written"),
    "freshness of nobody": ("not found", "ar-desk", ("freshness", "zz"), 7, "there is no member zz; `enlace netw"),
    "confirming nothing": ("missing", "ar-admin", ("contact", "attest"), 2, "name the contacts, or say --due"),
    "confirming two ways": ("wrong state", "ar-admin", ("contact", "attest", "ar-desk", "--due"), 2,
    "name the contacts, or say --due"),
    "request cut off": ("truncated", "operator", (*SIGN, "{request_cut}"), 2, ""),
    "request nested deeply": ("deep JSON", "operator", (*SIGN, "{request_deep}"), 2, ""),
    "request with one key twice": ("duplicate keys", "operator", (*SIGN, "{request_twice}"), 2, ""),
    "request of nobody": ("malformed", "operator", (*SIGN, "{text}"), 2, ""),
    "request of another network": ("wrong network", "operator", (*SIGN, "--network", "aaaa-bbbb", "{request_good}"), 3,
    "another network"),
    "request without a root key": ("missing", "operator", ("root", "sign", "--out", "{nowhere}", "{request_good}"), 2,
    ""),
    "no root key to show": ("malformed", "operator", ("root", "show", "{text}"), 2, ""),
    "root key written over": (
        "wrong state", "operator", ("root", "make", "--root-passphrase-file", "{passphrase}", "{roots}/root-1.age"), 2,
        ""
    ),
    "nothing to combine": ("malformed", "operator", ("root", "combine", "--out", "{nowhere}", "{text}"), 2, ""),
    "publishing what nobody signed": ("malformed", "secretariat", ("root", "publish", "{text}"), 2, ""),
}  # fmt: skip
