"""A local API that is served in this process, and who asks it."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cli_world import PASSPHRASE, Office

from desk.api.calling import callable_commands
from desk.api.files import TOKEN
from desk.api.server import Api
from desk.api.serving import serve_api
from desk.keys.keyring import open_keyring
from desk.main import enlace
from desk.profile.folder import Profile

KNOWN = callable_commands(enlace)


@dataclass
class Caller:
    """Asks a running API."""

    api: Api

    def ask(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """The status and the answer; `raw` goes as it is, `body` as JSON. Headers overrule, empty ones are left out."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        usual = {"Authorization": f"Bearer {self.api.token}", "Content-Type": "application/json"}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.api.port}{path}",
            data,
            {name: value for name, value in usual.items() if value},
            method=method,
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                status, found = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, found = error.code, error.read()
        return status, json.loads(found) if found[:1] == b"{" else found

    def call(self, command: str, /, **given: Any) -> tuple[int, dict[str, Any]]:
        return self.ask("POST", f"/v1/{command}", {name.replace("_", "-"): value for name, value in given.items()})


@contextmanager
def serving(
    office: Office, name: str, *, locked: bool = False, idle: float = 900, patience: float = 60
) -> Iterator[Caller]:
    profile = Profile.open(office.profile(name))
    keyring = None if locked else open_keyring(profile, PASSPHRASE.encode())
    ready: Future[str] = Future()
    made: Future[tuple[Api, asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()

    async def serve() -> None:
        api = Api(profile, enlace, idle, "0", keyring, patience=patience)
        task = asyncio.ensure_future(serve_api(api, 0, lambda address, _: ready.set_result(address)))
        made.set_result((api, asyncio.get_running_loop(), task))
        await asyncio.wait([task])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    api, loop, task = made.result(30)
    try:
        ready.result(30)
        yield Caller(api)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
    assert not (profile.path / TOKEN).exists()
    assert not (profile.path / "api").exists()
