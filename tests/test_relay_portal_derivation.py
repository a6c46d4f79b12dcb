"""Argon2id for the portal: what it costs, for whom, and how much of it at once."""

import asyncio

from relay_world import CHEAP

from relay.portal.derivation import STRONG, Derivations, derived, fits_nothing, verified
from relay.protocol.problems import Refusal
from relay.protocol.requests import NewPortalAccess, PortalAccess, PortalConfirmation


def test_the_derivation_is_the_one_of_rfc_9106_and_takes_nobody_for_somebody() -> None:
    text = derived(b"passphrase", CHEAP)
    assert text.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert verified(b"passphrase", text)
    assert not verified(b"Passphrase", text)
    assert derived(b"passphrase", CHEAP) != text
    assert not verified(b"passphrase", fits_nothing(CHEAP))
    assert (STRONG.memory, STRONG.passes) == (64 * 1024, 3)
    assert fits_nothing(STRONG).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert len(fits_nothing(STRONG)) == len(derived(b"x", STRONG))


async def test_no_more_is_derived_at_once_than_the_machine_bears() -> None:
    derivations = Derivations(1, 1, CHEAP)
    try:
        phc = await derivations.derive(b"passphrase")
        tries = [asyncio.ensure_future(derivations.fits(b"passphrase", each)) for each in (phc, None, phc)]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert done[:2] == [True, False]
        assert isinstance(done[2], Refusal)
        assert done[2].problem.code == "unavailable"
        assert await derivations.fits(b"passphrase", phc)
        # Whoever gives up leaves the work counted until it is done, and not for ever.
        given_up = asyncio.ensure_future(derivations.fits(b"passphrase", phc))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        await derivations.derive(b"whatever comes after it")
        assert await derivations.fits(b"passphrase", phc)
    finally:
        derivations.close()


def test_what_begins_access_is_not_shown_by_mistake() -> None:
    for each in (
        NewPortalAccess(code="123456", passphrase="canary"),
        PortalAccess(name="k7mw-3npq", secret="CANARY", uri="otpauth://canary", expires=1),
        PortalConfirmation(code="123456"),
    ):
        assert "canary" not in repr(each).lower()
        assert "123456" not in repr(each)
