"""Root that acts for another account: it becomes that account while it does, so no link can lead it astray.

1. Whoever owns a folder decides what every name in it means: a root that writes there, by whatever names, can be led
   to any file of the system between a look and the deed. So it is not root that writes.
2. The account is the owner of the first step of a path that is not root's. Everything above that step is root's, and
   nobody else may write to it, so nobody can change between the look and the deed what was found. A step of root's that
   others may write to is refused: which of them laid what stands there cannot be seen.
3. Groups are those the system gives that account. The group of what it owns may be another: root's, even.
4. Nothing changes where somebody else than root calls, or where every step is root's.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import pwd

_MOST_LINKS = 40
_NOBODY = 65_534  # the group of an account that the system does not know, if what it owns is of root's group


@contextmanager
def acting_for(*paths: Path) -> Iterator[None]:
    """Be, while it lasts, the account that could change what the first of the `paths` that is not root's leads to.

    Raises OSError where a path cannot be looked at or leads where others than root may write, root is not let, or the
    account is of too many groups.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    found = next((each for each in map(_not_roots, paths) if each is not None), None)
    if found is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    its_groups = _groups_of(found)
    try:
        os.setgroups(its_groups[1:])
    except ValueError as error:
        words = f"account {found.st_uid} is of more groups than this system lets root take on; be that account yourself"
        raise OSError(words) from error
    try:
        os.setegid(its_groups[0])
        os.seteuid(found.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _groups_of(owned: os.stat_result) -> list[int]:
    """The groups of whoever owns that (rule 3), its own first."""
    try:
        account = pwd.getpwuid(owned.st_uid)
    except KeyError:
        return [owned.st_gid or _NOBODY]
    group = account.pw_gid
    return [group, *(each for each in os.getgrouplist(account.pw_name, group) if each != group)]


def _not_roots(path: Path) -> os.stat_result | None:
    """The first step on the way to `path` that is not root's, links followed one by one; None if there is none, or
    the way ends before. Raises PermissionError by rule 2."""
    here, *todo = path.absolute().parts
    way, links = Path(here), 0
    while todo:
        step, todo = todo[0], todo[1:]
        if step == "..":
            way = way.parent
            continue
        try:
            status = (way / step).lstat()
        except FileNotFoundError:
            return None
        if status.st_uid != 0:
            return status
        if not stat.S_ISLNK(status.st_mode):
            _refuse_shared(way / step, status)
            way /= step
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(f"{path}: too many links")
        target = (way / step).readlink()
        if target.is_absolute():
            way, todo = Path(target.anchor), [*target.parts[1:], *todo]
        else:
            todo = [*target.parts, *todo]
    return None


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    """Raise PermissionError if others than root, and whoever is of root's group, may write to what is root's."""
    theirs = stat.S_IWOTH | (stat.S_IWGRP if status.st_gid != 0 else 0)
    kept = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX  # there nobody renames what is another's
    if status.st_mode & theirs and not kept:
        words = (
            "is root's, and others may write to it, who could lead root astray; be the relay's account, or run: chmod"
        )
        raise PermissionError(f"{path} {words} go-w {path}")
