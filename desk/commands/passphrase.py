"""`enlace passphrase`: another passphrase for the key file of a profile, or for a root key."""

from pathlib import Path

import click

from crypto.keyfile import passphrase_advice
from desk.commands.options import with_passphrase
from desk.keys.keyring import KEY_FILE, ROLE
from desk.keys.new_passphrase import change_passphrase
from desk.roots import root_keys as roots
from desk.safe_text import line
from desk.terminal import Terminal, work_factor


@click.command(short_help="Change the passphrase of the profile, or of a root key.")
@click.option("--root-key", metavar="FILE", help="Change that of the root key in FILE, and not the profile's.")
@click.option("--new-passphrase-file", metavar="FILE", help="Read the new passphrase from the first line of FILE.")
@with_passphrase
def passphrase(terminal: Terminal, root_key: str | None, new_passphrase_file: str | None) -> None:
    """Change the passphrase of the profile, or with --root-key that of a root key.

    Only the key file is written anew; the keys in it stay the same. If somebody else may have had the file and
    its passphrase, that is not enough: have the device revoked, or the roots re-keyed.
    """
    if root_key is not None:
        _change(terminal, Path(root_key), roots.ROLE, root_key, new_passphrase_file)
        return
    profile = terminal.profile()
    with profile.locked("desk"):
        _change(terminal, profile.path / KEY_FILE, ROLE, profile.path.resolve().name, new_passphrase_file)


def _change(terminal: Terminal, path: Path, role: str, name: str, source: str | None) -> None:
    present = terminal.passphrase(f"Present passphrase of {line(name)}")
    # Not from the file of the present one: that would be the same.
    fresh = terminal.secret("New passphrase", source, "--new-passphrase-file", confirm=True).encode()
    advice = passphrase_advice(fresh)
    if advice:
        terminal.warn(advice)
    change_passphrase(path, role, present, fresh, work_factor())
    terminal.result(
        {"changed": str(path)},
        f"Changed the passphrase of {name}. Copies of the old file still open with the old one: destroy them, those in "
        "backups too.",
    )
