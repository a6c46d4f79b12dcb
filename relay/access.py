"""From the headers of a request to its principal: the one place that decides who is asking.

 A1 one proof     exactly one DPoP header, a good proof (`relay.protocol.proof`), made for this method and this address
                  of ours (`public_url`, without the query), with a nonce of ours that is still good
 A2 once          the proof was not used before (`relay.rules.nonces`)
 A3 whose key     a device's own key, its reception key, the duty key, a registered witness's, or a stranger's; never
                  one for another
 A4 session       a token comes in `Authorization: DPoP …`, is bound to the proof by `ath`, known to us, given to this
                  very device key, and within its ten minutes; to renew it, within its shift
 A5 standing      the device, its officer and its member count at the newest view, now: so a revocation ends sessions
                  with the next request, whatever the store still holds
 A5+ again       what was judged with the headers is judged anew when the body has come (`check_again`): whoever holds
                  a body back gains nothing by it
 A6 throttle      what proves nothing costs the address (`relay.rules.addresses`) a token; where none is left, strangers
                  are refused before their proof is verified (fails closed). A proof by a known key is never stopped by
                  this. Known are the duty key, the keys of devices that count now, and registered
                  witnesses': a revoked one is a stranger's

A proof by a device's own key without a token is a `key`, as a stranger's is: it may log in, enrol, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from relay.principal import Principal, PrincipalKind
from relay.protocol.problems import Refusal
from relay.protocol.proof import Proof, ProofError, named_key, read_proof, token_hash
from relay.protocol.routes import PROOF_HEADER
from relay.rules.addresses import counted_address
from relay.rules.mailbox import member_of
from relay.rules.nonces import Nonces, ProofMemory
from relay.rules.portions import STRANGERS
from relay.rules.sessions import StoredSession, check_session, check_shift, hash_token
from relay.rules.standing import Owner, check_device, owner_of
from relay.rules.throttle import Buckets
from relay.settings import Access as AccessSettings
from relay.store.contract import AccountStore, StoreFailed
from relay.views import Clock, Views

SCHEME = "DPoP "
MOST_TOKEN = 128


class Headers(Protocol):
    """A request's headers."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """Every value of a header."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and the session if there is one."""

    principal: Principal
    session: StoredSession | None = None


class Access:
    """Reads proofs and tokens; `ticks` are seconds of a clock that never goes back."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        views: Views,
        public_url: str,
        settings: AccessSettings,
        nonce_key: bytes,
        clock: Clock,
        ticks: Clock,
        is_witness: Callable[[bytes], bool] = lambda key: False,
    ) -> None:
        self._accounts, self._views, self._public_url = accounts, views, public_url
        self._settings, self._clock, self._ticks = settings, clock, ticks
        self._is_witness = is_witness
        self._nonces = Nonces(nonce_key, settings.nonce_seconds)
        self._known = ProofMemory(settings.proofs, settings.proofs_each)
        self._strangers = ProofMemory(settings.stranger_proofs, settings.stranger_proofs)
        self.addresses = Buckets(settings.address_burst, settings.address_per_minute, settings.addresses)

    def nonce(self) -> str:
        """The nonce for the next proof."""
        return self._nonces.current(self._ticks())

    async def identify(
        self, headers: Headers, method: str, path: str, address: str, *, renewing: bool = False
    ) -> Asking:
        """Who made the request; refuses as A1 to A6 say. `renewing` takes an expired token of a running shift."""
        texts = headers.getall(PROOF_HEADER, [])
        known = self._names_known(texts)
        if not known:
            self.check_address(address)
        try:
            proof = self._proof(texts, method, path)
        except ProofError as error:
            self.check_address(address)  # whoever names a known key has not proven to have it
            self.blame(address)
            raise Refusal("proof-invalid", str(error)) from error
        try:
            return await self._asking(headers, proof, known=known, renewing=renewing)
        except Refusal as refusal:
            if not known and refusal.problem.code != "unavailable":
                self.blame(address)
            raise

    async def _asking(self, headers: Headers, proof: Proof, *, known: bool, renewing: bool) -> Asking:
        self._nonces.check(proof.nonce, self._ticks())
        owner = owner_of(self._views.view, proof.key)
        memory = self._known if known else self._strangers
        memory.remember(proof.key, proof.jti, self._nonces.window(self._ticks()))
        tokens = headers.getall("Authorization", [])
        if tokens:
            return await self._session(tokens, proof, owner, renewing=renewing)
        if proof.token_hash is not None:
            raise Refusal("proof-invalid", "the proof is for a token that did not come with it")
        if owner.use == "reception":
            check_device(self._views.view, owner.device, self._clock())
            return Asking(self._principal("reception", proof.key, owner.device))
        if owner.use == "stranger" and self._is_witness(proof.key):
            return Asking(Principal("witness", proof.key))
        return Asking(Principal("duty" if owner.use == "duty" else "key", proof.key))

    async def check_again(self, asking: Asking) -> None:
        """Return if who asked still counts, and the session is still there (A5+); refuses as `identify` does.

        A token that ran out meanwhile is let pass: it was good when the request began.
        """
        principal, view = asking.principal, self._views.view
        if principal.kind == "duty" and owner_of(view, principal.key).use != "duty":
            raise Refusal("not-allowed", "this was the duty key; the roots have named another")
        if principal.kind == "witness" and not self._is_witness(principal.key):
            raise Refusal("not-allowed", "this witness counts no more")
        if principal.device:
            check_device(view, principal.device, self._clock())
        if asking.session is not None and await self._stored(asking.session.token_hash) is None:
            raise Refusal("token-invalid")

    def is_known(self, principal: Principal | None) -> bool:
        """Whether a request comes from a known key (A6), so that no address throttle stops it."""
        return bool(self.vouching(principal))

    def vouching(self, principal: Principal | None) -> str:
        """Whose known key vouches for a request: a device's id, or `duty`; nothing for a stranger's and for no key."""
        return "" if principal is None else self._known_as(principal.key)

    def drawing(self, principal: Principal | None, address: str) -> tuple[str, str]:
        """Whose portion of what all share a request draws on (`relay.rules.portions`): a device's that counts, of its
        member; the duty key's; else an address', of strangers."""
        known = self.vouching(principal)
        if not known:
            return counted_address(address), STRANGERS
        return known, member_of(self._views.view, known) or known

    def check_address(self, address: str) -> None:
        """Return if the address may fail once more without a valid proof; refuses `throttled`."""
        self.addresses.check(counted_address(address), self._clock())

    def blame(self, address: str) -> None:
        """Count a failure without a valid proof against the address."""
        self.addresses.spend(counted_address(address), self._clock())

    def _known_as(self, key: bytes) -> str:
        view = self._views.view
        owner = owner_of(view, key)
        if owner.use == "duty":
            return "duty"
        if owner.use == "stranger" and self._is_witness(key):
            return f"witness {key.hex()[:16]}"
        return owner.device if owner.device and view.device_live(owner.device, view.size, self._clock()) else ""

    def _names_known(self, texts: list[str]) -> bool:
        """Whether a proof names a known key; nothing is verified yet."""
        try:
            return len(texts) == 1 and bool(self._known_as(named_key(texts[0])))
        except ProofError:
            return False

    def _proof(self, texts: list[str], method: str, path: str) -> Proof:
        if len(texts) != 1:
            raise ProofError("this resource asks for exactly one DPoP proof")
        proof = read_proof(texts[0], self._clock())
        if (proof.method, proof.url) != (method, self._public_url + path):
            raise ProofError(f"the proof was made for another method or address than {method} {path} here")
        return proof

    async def _session(self, tokens: list[str], proof: Proof, owner: Owner, *, renewing: bool) -> Asking:
        scheme, token = tokens[0][: len(SCHEME)], tokens[0][len(SCHEME) :]
        if len(tokens) != 1 or scheme != SCHEME or not token.isascii() or not 0 < len(token) <= MOST_TOKEN:
            raise Refusal("token-invalid", "a token comes once, as `Authorization: DPoP token`")
        if proof.token_hash != token_hash(token):
            raise Refusal("proof-invalid", "the proof is not for this token")
        now = self._clock()
        if owner.use == "device":
            check_device(
                self._views.view, owner.device, now
            )  # the reason is told even where the session is gone by now
        session = await self._stored(hash_token(token))
        if session is None:
            raise Refusal("token-invalid")
        if owner.use != "device" or owner.device != session.device:
            raise Refusal("proof-invalid", "the token was given to another key")
        if renewing:
            check_shift(session, now, self._settings.shift_seconds)
        else:
            check_session(session, now, self._settings.token_seconds, self._settings.shift_seconds)
        return Asking(self._principal("session", proof.key, session.device), session)

    async def _stored(self, hashed: str) -> StoredSession | None:
        try:
            return await self._accounts.session(hashed)
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    def _principal(self, kind: PrincipalKind, key: bytes, device: str) -> Principal:
        view = self._views.view
        officer = view.devices[device].officer
        return Principal(kind, key, device, officer, view.officers[officer].member)
