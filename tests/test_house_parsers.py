"""Every parser of the rooms has its table of rejected inputs and a property test; this list says where.

1. What is found by name (`FOUND`) in a room's modules is listed here, as a parser or, with the reason, as none.
2. A parser's table is a test of the file named, which parametrizes or loops over inputs and expects them to be refused.
3. Its property is a test of hypothesis in the file named. Where a parser is reached through another function, that
   one's name stands behind the file's.
"""

import ast
import re
from functools import cache

import pytest
from house_source import ROOMS, ROOT, files, module_name, tree

FOUND = re.compile(r"(read|parse|open|peek|decode|load)_|(decode|duration|checked|decimal|unpad|unb64|unb64raw|unhex)$")
CELLS = ("test_directory_csv_cells.py column", "test_directory_csv_cells.py column")
SOURCES = ("test_directory_parsers_property.py", "test_directory_parsers_property.py")
# Where the table is, and where the property.
PARSERS: dict[str, tuple[str, str]] = {
    "desk.timers.settings.parse_timer_settings": ("test_desk_timer_settings.py", "test_desk_timer_settings.py"),
    "config.settings.load_settings": ("test_config_settings.py", "test_config_settings_property.py parse_settings"),
    "config.settings.parse_settings": ("test_config_settings.py", "test_config_settings_property.py"),
    "crypto.age.open_stream": ("test_crypto_age_vectors.py decrypt_stream", "test_crypto_age.py decrypt_stream"),
    "crypto.age_header.read_header": ("test_crypto_age_header.py", "test_crypto_age_header.py"),
    "crypto.age_keys.parse_recipient": ("test_crypto_age_keys.py parse", "test_crypto_age_key_files.py"),
    "crypto.age_keys.parse_identity": ("test_crypto_age_keys.py parse", "test_crypto_age_key_files.py"),
    "crypto.age_keys.read_recipients": ("test_crypto_age_key_files.py", "test_crypto_age_key_files.py"),
    "crypto.age_keys.read_identities": ("test_crypto_age_key_files.py", "test_crypto_age_key_files.py"),
    "crypto.age_payload.open_payload": ("test_crypto_age_payload.py", "test_crypto_age_payload.py"),
    "crypto.age_recipients.decode_key": ("test_crypto_age_keys.py parse", "test_crypto_age_keys.py parse"),
    "crypto.bech32.decode": ("test_crypto_bech32.py", "test_crypto_bech32.py"),
    "crypto.checkpoint.parse_checkpoint": ("test_crypto_checkpoint.py", "test_crypto_checkpoint.py"),
    "crypto.checkpoint.read_checkpoint": (
        "test_crypto_checkpoint.py parse_checkpoint",
        "test_crypto_checkpoint.py parse_checkpoint",
    ),
    "crypto.checkpoint.open_checkpoint": ("test_crypto_checkpoint.py", "test_crypto_checkpoint.py"),
    "crypto.cosignature.parse_lines": ("test_crypto_cosignature.py", "test_crypto_cosignature.py"),
    "crypto.encoding.unb64": ("test_crypto_encoding.py", "test_crypto_encoding.py"),
    "crypto.encoding.unb64raw": ("test_crypto_encoding.py", "test_crypto_encoding.py"),
    "crypto.encoding.unhex": ("test_crypto_encoding.py", "test_crypto_encoding.py"),
    "crypto.encoding.decimal": ("test_crypto_encoding.py", "test_crypto_encoding.py"),
    "crypto.keyfile.read_keyfile": ("test_crypto_keyfile.py", "test_crypto_keyfile.py"),
    "crypto.note.parse_line": ("test_crypto_cosignature.py", "test_crypto_cosignature.py"),
    "crypto.note.parse_note": ("test_crypto_note.py", "test_crypto_note.py"),
    "crypto.note.parse_vkey": ("test_crypto_note.py", "test_crypto_note.py"),
    "crypto.note_keys.parse_verifier": ("test_crypto_note_keys.py", "test_crypto_note_keys.py"),
    "crypto.note_keys.read_verifiers": ("test_crypto_note_keys.py", "test_crypto_note_keys.py parse_verifier"),
    "crypto.policy.parse_policy": ("test_crypto_policy.py", "test_crypto_policy.py"),
    "crypto.policy.read_vkey": ("test_crypto_policy.py", "test_crypto_policy.py"),
    "crypto.policy.open_witnessed": ("test_crypto_policy.py", "test_crypto_policy.py"),
    "crypto.proof.parse_proof": ("test_crypto_proof.py", "test_crypto_proof.py"),
    "crypto.tiles.parse_path": ("test_crypto_tiles.py", "test_crypto_tiles.py"),
    "crypto.tiles.parse_hashes": ("test_crypto_tiles.py", "test_crypto_tiles.py"),
    "crypto.tiles.parse_bundle": ("test_crypto_tiles.py", "test_crypto_tiles.py"),
    "directory.bodies.read_body_bytes": ("test_directory_parsers_property.py", "test_directory_parsers_property.py"),
    "directory.evidence_file.parse_evidence": ("test_directory_evidence.py", "test_directory_evidence.py"),
    "directory.canonical.decode": ("test_directory_canonical.py", "test_directory_canonical.py"),
    "directory.canonical.decode_lenient": ("test_directory_canonical.py", "test_relay_parsers_property.py"),
    "directory.view_file.read_view": ("test_directory_view_file.py", "test_directory_view_file.py"),
    "directory.canonical.read_body": ("test_directory_canonical.py", "test_directory_canonical.py"),
    **{
        f"directory.exchange.csv_cells.read_{name}": CELLS
        for name in (
            "contact_id", "country", "function", "phones", "emails", "languages", "language", "zone", "holidays",
            "minutes", "website", "yes", "officers", "contact_ids", "circles", "names",
        )
    },
    "directory.exchange.contact_files.read_contact_file": (
        "test_directory_contact_files.py", "test_directory_contact_files.py",
    ),
    "directory.exchange.contacts_json.read_json": (
        "test_directory_contacts_json.py", "test_directory_contacts_json.py",
    ),
    "directory.exchange.csv_headers.read_map": ("test_directory_csv_headers.py", "test_directory_csv_headers.py"),
    "directory.exchange.csv_import.read_lines": (
        "test_directory_csv_broken.py plan_csv", "test_directory_csv_import.py plan_csv",
    ),
    "directory.exchange.jcard.read_jcards": ("test_directory_jcard.py", "test_directory_jcard.py"),
    "directory.exchange.jscontact.read_jscontacts": ("test_directory_jscontact.py", "test_directory_jscontact.py"),
    "directory.exchange.vcard_text.read_vcards": ("test_directory_vcard.py", "test_directory_vcard.py"),
    "directory.exchange.csv_import.read_contacts": (
        "test_directory_csv_broken.py", "test_directory_csv_import.py plan_csv",
    ),
    "directory.exchange.csv_sources.read_missions": SOURCES,
    "directory.exchange.csv_sources.read_authorities": SOURCES,
    "directory.exchange.csv_text.read_table": ("test_directory_csv_text.py", "test_directory_csv_text.py"),
    "directory.exchange.hours_text.read_hours": ("test_directory_csv_cells.py column", "test_directory_csv_cells.py"),
    "directory.keyset.open_keyset": ("test_directory_keyset.py", "test_directory_keyset.py"),
    "directory.proof_extra.read_extra": ("test_directory_proof_extra.py", "test_directory_proof_extra.py"),
    "directory.relayed.open_relayed": (
        "test_relay_protocol_receipts.py check_relayed",
        "test_relay_protocol_receipts.py check_relayed",
    ),
    "directory.statement.parse_statement": ("test_directory_statement.py", "test_directory_statement.py"),
    "directory.statement.read_statement": ("test_directory_statement.py", "test_directory_statement.py"),
    "relay.key_files.read_pair": ("test_relay_key_files.py", "test_relay_parsers_property.py"),
    "relay.key_files.read_rest_key": ("test_relay_key_files.py", "test_relay_parsers_property.py"),
    "relay.mail.requests.read_body": ("test_refused_api.py ROWS", "test_relay_parsers_property.py decode_lenient"),
    "relay.mail.ordering.read_order": ("test_refused_api.py ROWS", "test_relay_parsers_property.py"),
    "relay.mail.stepping.read_step": ("test_refused_api.py ROWS", "test_relay_parsers_property.py"),
    "relay.protocol.authority.read_authorities": (
        "test_relay_certificate_files.py", "test_relay_parsers_property.py",
    ),
    "relay.protocol.envelope.parse_envelope": (
        "test_relay_protocol_envelope.py", "test_relay_protocol_envelope.py",
    ),
    "relay.protocol.invitation.read_invitation": (
        "test_relay_protocol_invitation.py", "test_relay_protocol_invitation.py",
    ),
    "relay.protocol.lines.open_line": ("test_relay_protocol_lines.py", "test_relay_protocol_lines.py"),
    "relay.protocol.lines.peek_line": ("test_refused_api.py ROWS", "test_relay_protocol_lines.py"),
    "relay.protocol.padding.unpad": ("test_relay_protocol_padding.py", "test_relay_protocol_padding.py"),
    "relay.portal.guard.read_fields": ("test_relay_portal_forms.py", "test_relay_portal_forms.py"),
    "relay.rules.portal.read_cookie": ("test_relay_rules_portal.py", "test_relay_rules_portal.py"),
    "relay.protocol.proof.read_proof": ("test_relay_protocol_proof.py", "test_relay_protocol_proof.py"),
    "relay.protocol.relay_keys.read_relay_keys": ("test_relay_key_files.py", "test_relay_parsers_property.py"),
    "relay.protocol.stream.read_from_relay": ("test_relay_protocol_stream.py", "test_relay_protocol_stream.py"),
    "relay.protocol.stream.read_from_desk": ("test_relay_protocol_stream.py", "test_relay_protocol_stream.py"),
    "relay.protocol.submission.parse_submission": (
        "test_relay_protocol_submission.py", "test_relay_protocol_submission.py",
    ),
    "relay.registered_witnesses.read_witnesses": ("test_relay_cosigning.py", "test_crypto_policy.py parse_policy"),
    "relay.rules.witnessing.parse_add_checkpoint": ("test_relay_witness.py ANSWERS", "test_relay_witness.py"),
    **{
        f"desk.notices.settings.{name}": (
            "test_desk_notices_settings.py", "test_desk_notices_settings.py read_notice",
        )
        for name in ("read_notice", "load_notice", "load_notices")
    },
    "desk.api.bodies.read_object": ("test_desk_api_arguments.py", "test_desk_api_arguments.py"),
    "desk.cases.bundle_file.read_bundle": ("test_desk_case_bundle.py", "test_desk_case_bundle.py"),
    "desk.cases.bundle_file.read_log": ("test_desk_case_bundle.py", "test_desk_case_bundle.py"),
    "desk.commands.new_roots.read_public_file": (
        "test_desk_ceremony_files.py read_public", "test_desk_parsers_property.py read_public",
    ),
    "desk.commands.officers.parse_names": ("test_desk_parsers_property.py", "test_desk_parsers_property.py"),
    "desk.commands.options.read_text": ("test_refused_cli.py TYPED", "test_desk_parsers_property.py duration"),
    "desk.commands.options.read_words": ("test_refused_cli.py TYPED", "test_desk_parsers_property.py duration"),
    "desk.commands.options.checked": ("test_refused_cli.py TYPED", "test_desk_parsers_property.py duration"),
    "desk.commands.options.duration": ("test_desk_parsers_property.py", "test_desk_parsers_property.py"),
    "desk.commands.root_publish.read_signed_file": (
        "test_desk_ceremony_files.py read_signed", "test_desk_ceremony_files.py read_signed",
    ),
    "desk.indicators.export.read_indicators": ("test_desk_indicators.py", "test_desk_indicators.py"),
    "desk.mail.attachments.open_file": ("test_desk_files.py", "test_crypto_age.py decrypt_stream"),
    "desk.drafting.drafts.read_draft": ("test_desk_drafting_drafts.py bring", "test_desk_drafting_drafts.py"),
    "desk.forms.filled.parse_filled": ("test_desk_forms_filled.py", "test_desk_forms_filled.py"),
    "desk.forms.treaties.read_treaties": ("test_desk_forms_treaties.py", "test_desk_forms_treaties.py"),
    "desk.forms.treaty_csv.read_party_csv": ("test_desk_forms_treaties.py", "test_desk_forms_treaties.py"),
    "desk.keys.keyring.open_keyring": ("test_refused_cli.py TYPED", "test_crypto_keyfile.py read_keyfile"),
    "desk.mail.message.open_message": ("test_desk_message.py", "test_desk_message.py"),
    "desk.mail.opening.open_envelope": (
        "test_desk_opening.py opened", "test_relay_protocol_envelope.py parse_envelope",
    ),
    "desk.roots.relay_file.read_relay_file": ("test_desk_relay_file.py", "test_desk_relay_file.py"),
    "desk.rosters.calendar_event.read_event": (
        "test_desk_roster_calendar_refused.py", "test_desk_roster_calendar_refused.py read_calendar",
    ),
    "desk.rosters.calendar_in.read_calendar": (
        "test_desk_roster_calendar_refused.py", "test_desk_roster_calendar_refused.py",
    ),
    "desk.rosters.roster_file.read_file": ("test_desk_duty_file.py", "test_desk_duty_file.py"),
    "desk.rosters.roster.read_roster": ("test_desk_rosters.py", "test_desk_rosters.py"),
    "desk.cases.acts.read_event": ("test_desk_case_acts.py", "test_desk_case_acts.py"),
    "desk.requests.acts.read_event": ("test_desk_requests.py", "test_desk_requests.py"),
    "desk.roots.root_request.read_request": ("test_desk_ceremony_files.py", "test_desk_ceremony_files.py"),
    "desk.roots.root_signed.read_signed": ("test_desk_ceremony_files.py", "test_desk_ceremony_files.py"),
    "desk.roots.root_keys.open_root_key": ("test_refused_cli.py TYPED", "test_crypto_keyfile.py read_keyfile"),
    "desk.roots.root_keys.read_public": ("test_desk_ceremony_files.py", "test_desk_parsers_property.py"),
    "desk.profile.shift_mark.read_mark": ("test_desk_workstation.py", "test_desk_parsers_property.py"),
    "desk.replica.snapshot_file.read_snapshot": ("test_desk_snapshot.py", "test_desk_snapshot.py"),
    "desk.replica.standing.read_mark": ("test_desk_relay_file.py", "test_desk_parsers_property.py read_halt"),
    "desk.replica.trust_policy.read_pinned": ("test_desk_trust_policy.py pin", "test_crypto_policy.py parse_policy"),
    "desk.replica.statements.read_proposal": ("test_desk_statements.py", "test_desk_parsers_property.py"),
}  # fmt: skip
# Found by name, and no parsers.
NONE = {
    "config.database.open_database": "SQLite's file, which SQLite reads",
    "config.database.open_for_reading": "SQLite's file, which SQLite reads",
    "desk.age.files.open_input": "opens a file and reads nothing",
    "desk.age.files.read_by_others": "a question about a file's mode",
    "desk.age.identities.open_between": "`crypto.age` opens",
    "desk.link.authority.read_file_of_authorities": "`relay.protocol.authority` reads",
    "desk.commands.options.read_file": "bytes as they are",
    "desk.commands.request_pages.read_request": "a command: it shows what was read",
    "desk.mail.attachments.read_pieces": "bytes as they are",
    "desk.rosters.open_work.open_work": "what is open, of messages that were read",
    "desk.host.open_own": "opens a file and reads nothing",
    "relay.assembly.open_relay": "puts the relay together",
    "relay.certificates.read_authority": "`cryptography` reads; its table is in test_relay_certificate_files.py",
    "relay.command_options.load_relay_settings": "`config.settings` reads",
    "relay.door.open_doors": "listens",
    "relay.witness.folder.open_witness": "`relay.key_files` and `crypto.policy` read",
    "relay.mail.sqlite_store.open_mail_store": "SQLite's file, which SQLite reads",
    "relay.rekey.read_own_keys": "`relay.key_files` reads",
}


@cache
def functions_of(file: str) -> dict[str, tuple[str, str, frozenset[str]]]:
    """The functions of a test file: decorators, source, and every name in them and in what they call of the file."""
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")
    functions = [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    named = {each.name: _names(each) for each in functions}
    found = {}
    for each in functions:
        names = set(named[each.name])
        for _ in range(3):
            names.update(*(named[name] for name in names if name in named))
        decorators = " ".join(ast.unparse(one) for one in each.decorator_list)
        found[each.name] = (decorators, ast.unparse(each), frozenset(names))
    return found


def _names(node: ast.AST) -> set[str]:
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def found_in_rooms() -> set[str]:
    found = set[str]()
    for path in files(*ROOMS, suffix=".py"):
        for each in tree(path).body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and FOUND.match(each.name):
                found.add(f"{module_name(path)}.{each.name}")
    return found


def test_every_parser_is_listed() -> None:
    assert found_in_rooms() - set(PARSERS) - set(NONE) == set()
    assert (set(PARSERS) | set(NONE)) - found_in_rooms() == set()


@pytest.mark.parametrize("parser", PARSERS)
def test_its_table_and_its_property_are_there(parser: str) -> None:
    own = parser.rpartition(".")[2]
    for where, given in zip(PARSERS[parser], (False, True), strict=True):
        file, _, through = where.partition(" ")
        name = through or own
        tests = functions_of(file).values()
        fitting = [one for one in tests if name in one[2] and (not given or "given(" in one[0] + one[1])]
        assert fitting, f"{name} in {where}"
        if not given:
            assert any("raises" in one[2] or "parametrize" in one[0] or name.isupper() for one in fitting), where
