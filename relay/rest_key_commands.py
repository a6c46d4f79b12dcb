"""`enlace relay rest-key`: the key at rest, renewed."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import click
import msgspec

from config.database import DatabaseError
from relay.assembly import AlreadyRunning
from relay.command_options import Refused, as_json, load_relay_settings, settings_file
from relay.key_files import KeyFileError
from relay.rest_key import Stage, renew_rest_key
from relay.rest_key_mending import mend_from_backup
from relay.store.sqlite_sealed import WrongKey

_WORDS: dict[Stage, str] = {
    "look": "Looked at {done} sealed values.",
    "void": "The key of the recovery codes is drawn anew: every recovery code on paper is void.",
    "seal": "Sealed anew: {done} of {whole}.",
    "verify": "Opened with the new key: {done} of {whole}.",
    "rewrite": "Rewritten, so that nothing the old key opens stays in the files: {done} of {whole} databases.",
}


@click.group("rest-key", short_help="Renew the key at rest.")
def rest_key() -> None:
    """Renew the key at rest, under which secrets and directory bodies are sealed in the databases."""


@rest_key.command(short_help="Seal everything under a fresh key at rest.")
@settings_file
@click.option("--leave-damaged", is_flag=True, help="Leave values behind that no key at hand opens; they are lost.")
@as_json
def renew(path: Path, leave_damaged: bool, as_json: bool) -> None:
    """Make a fresh key at rest, seal everything under it, and erase the old one. The relay has to be stopped.

    Interrupted, even by a power cut, it goes on where it was: call it again. Until it has, no relay starts.
    Secrets and recovery codes stay good. Backups made before still need the old key.
    """
    settings = load_relay_settings(path, as_json=as_json)

    def progress(stage: Stage, done: int, whole: int) -> None:
        if stage in _WORDS and done == whole:
            click.echo(_WORDS[stage].format(done=done, whole=whole), err=True)
        elif sys.stderr.isatty():
            click.echo(f"\r{done} of {whole} ", nl=False, err=True)

    try:
        renewed = asyncio.run(renew_rest_key(settings, progress, leave_damaged=leave_damaged))
    except (AlreadyRunning, DatabaseError, KeyFileError, WrongKey) as error:
        raise Refused(str(error), as_json=as_json) from error
    except (OSError, sqlite3.Error) as error:
        words = f"the disk refuses: {error}. Nothing is lost: make room, and call the same command again"
        raise Refused(words, as_json=as_json) from error
    if as_json:
        plain = {
            "values": renewed.values,
            "left": list(renewed.left),
            "papers_void": renewed.papers_void,
            "erased_only": renewed.erased_only,
        }
        click.echo(msgspec.json.encode(plain).decode())
        return
    if renewed.erased_only:
        click.echo(
            f"What a renewal before had left of the old key is erased; {renewed.values} values open under the key at "
            "rest there is. Nothing was sealed anew: for another key, call the same command again."
        )
        return
    click.echo(f"{renewed.values} values are sealed under a fresh key at rest; the old key is erased.")
    for each in renewed.left:
        click.echo(f"Left behind, for no key opens it: {each}", err=True)
    if renewed.papers_void:
        click.echo("Every recovery code on paper is void. Have each officer make new ones: enlace authenticator codes")
    click.echo("Start the relay again, and make a fresh backup of the data folder and of the key, apart.")


@rest_key.command(short_help="Put damaged values back from a BACKUP.")
@click.argument("backup", type=click.Path(path_type=Path, exists=True, file_okay=False))
@settings_file
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE",
              help="The key at rest of the backup, if it was renewed since.")  # fmt: skip
@as_json
def mend(backup: Path, path: Path, key: Path | None, as_json: bool) -> None:
    """Put values that the key at rest does not open back from BACKUP, a copy of the data folder; touch nothing else.

    The relay has to be stopped. The backup is only read.
    """
    settings = load_relay_settings(path, as_json=as_json)
    try:
        mended = asyncio.run(mend_from_backup(settings, backup, key))
    except (AlreadyRunning, DatabaseError, KeyFileError, OSError, WrongKey, sqlite3.Error) as error:
        raise Refused(f"{error}. Nothing was changed", as_json=as_json) from error
    plain = {"values": list(mended.values), "left": list(mended.left)}
    if mended.left:
        raise Refused(
            f"{len(mended.values)} values were put back; {mended.left[0]}"
            f"{f' and {len(mended.left) - 1} more' if len(mended.left) > 1 else ''} cannot be had from the backup; "
            "try another one (of an account, one from after its last renewal), or leave what is lost behind with: "
            "enlace relay rest-key renew --leave-damaged",
            as_json=as_json,
            more=plain,
        )
    if as_json:
        click.echo(msgspec.json.encode(plain).decode())
        return
    for each in mended.values:
        click.echo(f"Put back: {each}")
    click.echo("Every value opens. Start the relay again." if mended.values else "Every value opens already.")
