"""Root that acts for another account: it becomes that account while it does, so no link can lead it astray.

1. Whoever owns a folder decides what every name in it means: a root that writes there, by whatever names, can be led
   to any file of the system between a look and the deed. So it is not root that writes.
2. The account is the owner of the first step of a path that is not root's. Everything above that step is root's, so
   nobody can change between the look and the deed what was found.
3. Nothing changes where somebody else than root calls, or where every step is root's.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MOST_LINKS = 40


@contextmanager
def acting_for(*paths: Path) -> Iterator[None]:
    """Be, while it lasts, the account that could change what the first of the `paths` that is not root's leads to.

    Raises OSError where a path cannot be looked at, or root is not let.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    found = next((each for each in map(_not_roots, paths) if each is not None), None)
    if found is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    try:
        os.setegid(found.st_gid)
        os.seteuid(found.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _not_roots(path: Path) -> os.stat_result | None:
    """The first step on the way to `path` that is not root's, links followed one by one; None if there is none, or
    the way ends before."""
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
