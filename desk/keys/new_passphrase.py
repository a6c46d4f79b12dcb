"""Another passphrase for a key file: the keys in it stay the same, and the file is replaced whole.

After a crash it opens with the old passphrase or with the new one. What was copied before still opens with the old: so
this is for a passphrase that is to be better or was seen, and not for a file that somebody else may have had.
"""

import hmac
from pathlib import Path

from crypto.errors import CryptoError
from crypto.keyfile import KeyFileError, WrongPassphrase, normal_passphrase, read_keyfile, write_keyfile
from desk import host
from desk.errors import Locked, NotFound, Usage


def check_fresh(present: bytes, fresh: bytes) -> None:
    """Return if `fresh` can be a passphrase and is another one than `present`; raise Usage if not."""
    try:
        same = hmac.compare_digest(normal_passphrase(fresh), normal_passphrase(present))
    except KeyFileError as error:
        raise Usage(str(error)) from error
    if same:
        raise Usage("the new passphrase is the present one; nothing was changed")


def change_passphrase(path: Path, role: str, present: bytes, fresh: bytes, work_factor: int) -> None:
    """Seal the key file of `role` at `path` under `fresh`; raises NotFound, Locked for a wrong passphrase, Usage."""
    check_fresh(present, fresh)
    try:
        keyfile = read_keyfile(path.read_bytes(), present, role)
        sealed = write_keyfile(keyfile, fresh, work_factor)
    except FileNotFoundError as error:
        raise NotFound(f"there is no key file at {path}") from error
    except WrongPassphrase as error:
        raise Locked(f"the present passphrase of {path} is wrong; nothing was changed") from error
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
    except CryptoError as error:
        raise Usage(f"{path} is no such key file: {error}") from error
    host.write_whole(path, sealed)
