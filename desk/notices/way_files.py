"""What a notice needs on this machine: the program it runs, the files of its secret and of its authority.

Looked at when a notice is added: that it could not have told anybody is else found out in the night it was made for.
"""

import shutil
import ssl
from pathlib import Path

from desk import host
from desk.errors import NotFound, Usage
from desk.notices.secret_file import secret
from desk.notices.settings import NoticeFile


def check_way(file: NoticeFile) -> None:
    """Return if all of it is there and can be used; raise NotFound or Usage, saying what is not."""
    match file.notice.kind:
        case "command":
            _check_program(file.command.run[0])
        case "mail":
            _check_secret(file.mail.password_file)
            _check_authority(file.mail.authority)
        case "webhook":
            _check_secret(file.webhook.secret_file)
            _check_authority(file.webhook.authority)


def _check_program(path: str) -> None:
    if not Path(path).exists():
        raise NotFound(f"there is no program {path}; nothing was added")
    if shutil.which(path) is None:
        raise Usage(f"{path} is no program that this account may run; nothing was added")


def _check_secret(path: str) -> None:
    if path and not Path(path).exists():
        raise NotFound(f"there is no file {path}; nothing was added")
    if path:
        secret(path)


def _check_authority(path: str) -> None:
    if not path:
        return
    try:
        ssl.create_default_context(cafile=path)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}; nothing was added") from error
    except ssl.SSLError as error:
        raise Usage(f"{path} holds no certificate in PEM; nothing was added") from error
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
