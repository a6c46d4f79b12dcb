"""Every way a proof, a token or a nonce can be wrong, and who a good one is taken for."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from directory_world import key_pair, local_id, officer_id
from relay_world import Caller, RelayWorld

from directory.statement import RevokeDevice
from relay.protocol import routes
from relay.protocol.proof import token_hash
from relay.protocol.requests import Session

PROVEN = (
    ("POST", routes.LOGIN),
    ("POST", routes.RENEW),
    ("POST", routes.LOGOUT),
    ("PUT", routes.INVITATION.format(officer="0" * 32)),
    ("GET", routes.ENROLMENT.format(officer="0" * 32)),
    ("POST", routes.ENROLMENTS),
    ("POST", routes.ENROLMENT_TOTP),
    ("GET", routes.LOG),
    ("POST", routes.BODIES),
    ("PUT", routes.KEYSET),
    ("POST", routes.KEYSETS),
    ("POST", routes.ENVELOPES),
    ("POST", routes.STEPS.format(hash="0" * 64)),
    ("GET", routes.STREAM),
    ("POST", routes.ATTACHMENTS),
    ("HEAD", routes.ATTACHMENT.format(hash="0" * 64)),
    ("PATCH", routes.ATTACHMENT.format(hash="0" * 64)),
    ("GET", routes.ATTACHMENT.format(hash="0" * 64)),
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def ready(here: RelayWorld, handle: str = "co-night") -> Caller:
    """A caller that has a nonce."""
    caller = await here.caller(handle)
    await caller.call("GET", routes.LOG)
    assert caller.nonce
    return caller


@pytest.mark.parametrize(("method", "path"), PROVEN)
async def test_nothing_but_the_open_resources_answers_without_a_proof(here: RelayWorld, method: str, path: str) -> None:
    caller = await here.caller("co-night")
    answer = await caller.send(method, path, None, {})
    assert answer.status == 401
    assert caller.nonce  # so that the next try can carry it
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")
    if method != "HEAD":
        assert answer.code == "proof-invalid"


def forged(caller: Caller, **changes: Any) -> str:
    """A proof for GET /v1/log with parts of it changed; `header` and `claims` are merged, None takes a part out."""
    public = caller.proof("GET", routes.LOG)[routes.PROOF_HEADER]
    header = jwt.get_unverified_header(public) | changes.pop("header", {})
    claims = jwt.decode(public, options={"verify_signature": False}) | changes.pop("claims", {})
    kept = {name: value for name, value in claims.items() if value is not None}
    headers = {name: value for name, value in header.items() if value is not None}
    return jwt.encode(kept, changes.pop("key", caller.key), algorithm=headers.pop("alg"), headers=headers)


def unsigned(caller: Caller) -> str:
    head, claims, _ = caller.proof("GET", routes.LOG)[routes.PROOF_HEADER].split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    header["alg"] = "none"
    return f"{base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip('=')}.{claims}."


BAD: dict[str, Callable[[Caller], str]] = {
    "rubbish": lambda c: "rubbish",
    "empty": lambda c: "",
    "too long": lambda c: "a" * 5000,
    "three dots": lambda c: "...",
    "unsigned": unsigned,
    "cut": lambda c: forged(c)[:-4],
    "another key's signature": lambda c: forged(c, key=key_pair("co-chief").ed25519),
    "another type": lambda c: forged(c, header={"typ": "JWT"}),
    "no key": lambda c: forged(c, header={"jwk": None}),
    "another method": lambda c: forged(c, claims={"htm": "POST"}),
    "another address": lambda c: forged(c, claims={"htu": f"{c.here.url}/v1/bodies"}),
    "another host": lambda c: forged(c, claims={"htu": "https://relay.example/v1/log"}),
    "an address with a query": lambda c: forged(c, claims={"htu": f"{c.here.url}/v1/log?start=0"}),
    "a claim too few": lambda c: forged(c, claims={"jti": None}),
    "a claim too many": lambda c: forged(c, claims={"exp": 2**33}),
    "a short jti": lambda c: forged(c, claims={"jti": "x"}),
    "a long jti": lambda c: forged(c, claims={"jti": "x" * 65}),
    "a number for a nonce": lambda c: forged(c, claims={"nonce": 7}),
    "an old iat": lambda c: forged(c, claims={"iat": c.here.clock() - 301}),
    "an early iat": lambda c: forged(c, claims={"iat": c.here.clock() + 301}),
    "a text for iat": lambda c: forged(c, claims={"iat": "now"}),
    "a token that did not come": lambda c: forged(c, claims={"ath": token_hash("x")}),
}


@pytest.mark.parametrize("which", BAD)
async def test_a_bad_proof_is_refused(here: RelayWorld, which: str) -> None:
    caller = await ready(here)
    answer = await caller.send("GET", routes.LOG, None, {routes.PROOF_HEADER: BAD[which](caller)})
    assert (answer.status, answer.code) == (401, "proof-invalid")


async def test_two_proofs_are_none(here: RelayWorld) -> None:
    caller = await ready(here)
    headers = [(routes.PROOF_HEADER, forged(caller)), (routes.PROOF_HEADER, forged(caller))]
    answer = await caller.send("GET", routes.LOG, None, headers)  # type: ignore[arg-type]  # aiohttp takes pairs too
    assert answer.code == "proof-invalid"


@pytest.mark.parametrize("which", ["another of its own tokens", "no token"])
async def test_a_proof_is_for_the_very_token_it_comes_with(here: RelayWorld, which: str) -> None:
    night = await here.log_in("co-night")
    first, second = night.token, (await night.call("POST", routes.RENEW)).read(Session).token
    assert first is not None
    token = first if which == "another of its own tokens" else None
    for other in (first, second):
        headers = night.proof("GET", routes.LOG, token=token) | {"Authorization": f"DPoP {other}"}
        good = other == token
        answer = await night.send("GET", routes.LOG, None, headers)
        assert (answer.status, answer.code) == ((200, "") if good else (401, "proof-invalid"))


async def test_an_address_without_tokens_gets_no_nonce(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 2\naddress_per_minute = 1\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        stranger, night = await here.caller("stranger"), await here.caller("co-night")
        seen = []
        for _ in range(4):
            headers = stranger.proof("POST", routes.LOGIN, nonce="")
            seen.append((await stranger.send("POST", routes.LOGIN, None, headers)).code)
        assert seen == ["nonce-needed"] * 2 + ["throttled"] * 2
        named = night.proof("POST", routes.LOGIN, nonce="")  # a known key, but not its signature
        headers = {routes.PROOF_HEADER: named[routes.PROOF_HEADER][:-8] + "AAAAAAAA"}
        assert (await night.send("POST", routes.LOGIN, None, headers)).code == "throttled"
        assert (await night.send("POST", routes.LOGIN, None, named)).code == "nonce-needed"


async def test_the_key_of_a_revoked_device_is_a_strangers(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 40\naddress_per_minute = 1\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        night, chief = await here.log_in("co-night"), await here.log_in("co-chief")
        statement = here.world.say(RevokeDevice, device=local_id("co-night"), reason="stolen")
        here.world.admit(statement, "co-chief")
        await here.publish()
        night.token, rubbish = None, {"statements": ["rubbish"]}
        seen = [(await night.call("POST", routes.STATEMENTS, rubbish)).code for _ in range(42)]
        assert seen == ["malformed"] * 40 + ["throttled"] * 2
        assert (await night.call("GET", routes.LOG)).code == "throttled"
        assert (await chief.call("GET", routes.LOG)).status == 200


@pytest.mark.parametrize("nonce", ["", "x", "A" * 24])
async def test_a_proof_without_our_nonce_gets_one(here: RelayWorld, nonce: str) -> None:
    caller = await ready(here)
    answer = await caller.send("GET", routes.LOG, None, caller.proof("GET", routes.LOG, nonce=nonce))
    assert (answer.status, answer.code) == (401, "nonce-needed")
    assert "use_dpop_nonce" in answer.headers["WWW-Authenticate"]
    assert answer.headers[routes.NONCE_HEADER] == caller.nonce


async def test_a_nonce_dies_with_time_and_with_the_process(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    old = night.nonce
    here.clock.now += 300
    assert (await night.send("GET", routes.LOG, None, night.proof("GET", routes.LOG, nonce=old))).code == "nonce-needed"
    fresh = night.nonce
    await here.restart()
    assert (
        await night.send("GET", routes.LOG, None, night.proof("GET", routes.LOG, nonce=fresh))
    ).code == "nonce-needed"


async def test_a_proof_is_taken_once(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    headers = night.proof("GET", routes.LOG)
    answers = await asyncio.gather(*(night.send("GET", routes.LOG, None, headers) for _ in range(4)))
    assert sorted(answer.code for answer in answers) == ["", *["proof-replayed"] * 3]


async def test_each_key_is_taken_for_what_it_is(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    assert (await night.call("GET", routes.LOG)).status == 200
    assert (await (await here.caller("duty")).call("GET", routes.LOG)).status == 200
    for handle in ("co-night", "co-night reception", "root-1", "relay log", "stranger"):
        assert (await (await here.caller(handle)).call("GET", routes.LOG)).code == "not-allowed"


async def test_the_reception_key_opens_the_stream_and_nothing_else(here: RelayWorld) -> None:
    reception = await here.caller("co-night reception")
    for method, path in PROVEN:
        answer = await reception.call(method, path)
        if path == routes.STREAM:
            assert "WebSocket" in answer.problem.detail
        elif method == "HEAD":
            assert answer.status == 403
        else:
            assert answer.code == "not-allowed"
    for handle in ("co-night", "duty", "stranger"):
        assert (await (await here.caller(handle)).call("GET", routes.STREAM)).code == "not-allowed"
    night = await here.log_in("co-night")
    assert (await night.call("GET", routes.STREAM)).code == "not-allowed"
    reception.token = night.token
    assert (await reception.call("GET", routes.LOG)).code == "proof-invalid"


async def test_the_duty_key_does_no_more_than_it_may(here: RelayWorld) -> None:
    duty = await here.caller("duty")
    may = {routes.LOG, routes.BODIES, routes.INVITATION, routes.ENROLMENT}
    for method, path in PROVEN:
        if path.replace("0" * 32, "{officer}") not in may and method != "HEAD":
            assert (await duty.call(method, path)).code == "not-allowed", path


async def test_what_proves_nothing_is_throttled_and_a_known_key_is_not(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 3\naddress_per_minute = 60\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        night = await here.log_in("co-night")
        stranger = await here.caller("stranger")
        seen = [(await stranger.send("GET", routes.LOG, None, {})).code for _ in range(5)]
        assert seen == ["proof-invalid"] * 3 + ["throttled"] * 2
        assert (await stranger.call("POST", routes.ENROLMENTS, data=b"{}")).code == "throttled"
        assert (
            await stranger.send("POST", routes.STATEMENTS, b"{}", {"Content-Type": routes.JSON})
        ).code == "throttled"
        assert (await night.call("GET", routes.LOG)).status == 200
        assert (await night.call("POST", routes.STATEMENTS, data=b"{}")).code == "malformed"
        here.clock.now += 2
        assert (await stranger.send("GET", routes.LOG, None, {})).code == "proof-invalid"


async def test_a_guessed_invitation_costs_its_address(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 3\naddress_per_minute = 1\n"  # the first goes for the nonce
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        stranger = await here.caller("ec-chief")
        enrolment = here.offered("ec-chief", "ab" * 32)
        seen = [(await stranger.call("POST", routes.ENROLMENTS, enrolment)).code for _ in range(3)]
        assert seen == ["invitation-invalid"] * 2 + ["throttled"]


async def test_proofs_beyond_what_can_be_remembered_are_refused(tmp_path: Path) -> None:
    extra = "[access]\nproofs_each = 6\nstranger_proofs = 2\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        night = await here.log_in("co-night")
        seen = [(await night.call("GET", routes.LOG)).code for _ in range(6)]
        assert seen[-1] == "throttled"
        assert (await (await here.caller("duty")).call("GET", routes.LOG)).status == 200
        stranger = await here.caller("stranger")
        seen = [(await stranger.call("POST", routes.LOGIN)).code for _ in range(3)]
        assert seen[-1] == "throttled"
        here.clock.now += 150
        assert (await night.call("GET", routes.LOG)).status == 200


async def test_behind_a_trusted_proxy_the_forwarded_address_counts(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 1\naddress_per_minute = 1\n"
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        caller = await here.caller("stranger")
        for forwarded, code in (("192.0.2.1", "proof-invalid"), ("192.0.2.2", "throttled")):
            assert (await caller.send("GET", routes.LOG, None, {"X-Forwarded-For": forwarded})).code == code


async def test_a_trusted_proxy_is_believed_as_far_as_it_saw(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 1\naddress_per_minute = 1\n"
    async with RelayWorld.running(
        tmp_path, extra=extra, listen='trusted_proxies = ["127.0.0.0/8", "192.0.2.9"]'
    ) as here:
        caller = await here.caller("stranger")
        for forwarded, code in (
            ("192.0.2.1", "proof-invalid"),
            ("192.0.2.1", "throttled"),
            ("192.0.2.2", "proof-invalid"),
            ("192.0.2.3, 192.0.2.2, 192.0.2.9", "throttled"),
        ):
            assert (await caller.send("GET", routes.LOG, None, {"X-Forwarded-For": forwarded})).code == code


async def test_a_network_of_ipv6_is_one_address(tmp_path: Path) -> None:
    extra = "[access]\naddress_burst = 1\naddress_per_minute = 1\n"
    listen = 'trusted_proxies = ["::ffff:127.0.0.1", "2001:DB8:9::1"]'
    async with RelayWorld.running(tmp_path, extra=extra, listen=listen) as here:
        caller = await here.caller("stranger")
        for forwarded, code in (
            ("2001:db8:1:2::7", "proof-invalid"),
            ("2001:db8:1:2:ffff::9", "throttled"),
            ("2001:db8:1:3::7", "proof-invalid"),
            ("192.0.2.1", "proof-invalid"),
            ("::ffff:192.0.2.1, 2001:db8:9::1", "throttled"),
        ):
            assert (await caller.send("GET", routes.LOG, None, {"X-Forwarded-For": forwarded})).code == code


async def test_officers_ids_are_ids(here: RelayWorld) -> None:
    duty = await here.caller("duty")
    for officer in ("0" * 31, "A" * 32, officer_id("co-night") + "0", "officer"):
        assert (await duty.call("GET", routes.ENROLMENT.format(officer=officer))).code == "not-found"
