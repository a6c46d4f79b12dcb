"""Enrolment, both sides: the administrator invites and confirms, the new desk offers keys and finishes (section 7).

    administrator                     outside            relay                       new desk
    invite: officer statement  ─────────────────────▶  log
            hash of the proof  ─────────────────────▶  invitation
            invitation file    ──▶ stick, letter ──────────────────────────────────▶ enrol: passphrase, keys
                                                       keys, HMAC  ◀───────────────── proof, keys, HMAC
    confirm: checks the HMAC   ◀─────────────────────  keys, HMAC
             device statement  ─────────────────────▶  log
                                                       TOTP secret ─────────────────▶ QR code
                                                       session     ◀───────────────── first code

The relay never holds the secret behind the HMAC, so it cannot put keys of its own in between. And the new desk takes no
directory from it that is older than the checkpoint in the invitation, or of another history. Last, the new desk looks
itself up in that directory: enrolled as the officer it was invited as, with the keys it sent (`desk.keys.own_device`).
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from desk.errors import Declined, Distrust, NotFound, Usage
from desk.keys.keyring import Keyring, create_keyring, reception_keys
from desk.keys.own_device import check_own_device
from desk.keys.vault import Vault
from desk.link.client import Clock, RelayClient
from desk.link.session import FIRST_LOST, connected, current_session, first_log_in, first_sent
from desk.profile.folder import Identity, Profile
from desk.replica.publishing import publish
from desk.replica.statements import Batch
from desk.replica.store import ReplicaStore
from desk.replica.synchronise import INVITED, synchronise
from desk.replica.trust_policy import pin, read_pinned
from directory.canonical import encode
from directory.replay import Replica, own_checkpoint
from directory.statement import EnrolDevice
from relay.protocol import routes
from relay.protocol.invitation import (
    LONGEST_INVITATION,
    SECRET_SIZE,
    Invitation,
    InvitationError,
    bind_keys,
    check_binding,
    proof_hash,
    read_invitation,
    relay_proof,
    write_invitation,
)
from relay.protocol.requests import (
    Enrolment,
    EnrolmentState,
    NewInvitation,
    Session,
    TotpRequest,
    TotpSecret,
)

_PENDING = "invitation-"
_OWN = "own-invitation"
BESIDE = "make a desk beside it: `enlace enrol FILE --label LABEL` (night-desk, say), or another --profile"
USUAL_INVITATION = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Offer:
    """Keys a new desk offered, checked to come from whoever holds the invitation."""

    officer: str
    device: str
    statement: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """What both sides may compare by voice."""
        return fingerprint(self.device)


def check_lifetime(lifetime: int) -> None:
    """Return if an invitation may hold for so many seconds; raises Usage."""
    if not 60 <= lifetime <= LONGEST_INVITATION:
        raise Usage("an invitation holds for between a minute and 14 days")


def make_invitation(
    identity: Identity, replica: Replica, member: str, officer: str, now: int, lifetime: int, policy: bytes = b""
) -> Invitation:
    """A fresh invitation for an officer, with the trust policy that this desk has pinned; raises Usage for a lifetime
    out of bounds."""
    check_lifetime(lifetime)
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    return Invitation(
        name=identity.name,
        network=identity.network,
        member=member,
        officer=officer,
        relay=identity.relay,
        authority=identity.authority,
        checkpoint=own_checkpoint(replica).decode(),
        policy=policy.decode(),
        expires=now + lifetime,
        secret=b64(secrets.token_bytes(SECRET_SIZE)),
    )


async def register(client: RelayClient, vault: Vault, invitation: Invitation) -> bytes:
    """Keep the invitation's secret sealed, leave its hash with the relay; returns the file for the new desk."""
    vault.put(_PENDING + invitation.officer, write_invitation(invitation))
    # Kept before the relay knows: after a crash here a new invitation takes the place of this one.
    request = NewInvitation(proof_hash=proof_hash(relay_proof(invitation.secret_bytes)), expires=invitation.expires)
    await client.call("PUT", routes.INVITATION.format(officer=invitation.officer), request)
    return write_invitation(invitation)


def kept_invitation(vault: Vault, officer: str, now: int) -> Invitation | None:
    """The invitation that this desk made for an officer, if it still holds."""
    raw = vault.get(_PENDING + officer)
    try:
        return read_invitation(raw, now) if raw is not None else None
    except InvitationError:
        return None


async def offer_of(client: RelayClient, keyring: Keyring, officer: str, now: int) -> Offer:
    """The keys offered for an officer, if the bearer of our invitation made the offer.

    Raises NotFound while there is none, Distrust if the keys were exchanged on the way.
    """
    network = keyring.profile.identity.network
    raw = keyring.vault.get(_PENDING + officer)
    if raw is None:
        raise NotFound(f"this desk invited no officer {officer}; whoever invited confirms")
    secret = read_invitation(raw, 0).secret_bytes
    state = await client.call("GET", routes.ENROLMENT.format(officer=officer), answer=EnrolmentState)
    if not isinstance(state.keys, msgspec.Struct):
        raise NotFound("the invited desk has not offered its keys yet")
    try:
        if state.keys.officer != officer:
            raise InvitationError("the relay shows the keys of another officer")
        check_binding(state.keys, secret, network)
    except InvitationError as error:
        folder = keyring.profile.evidence("enrolment", {"keys-offered.json": encode(state.keys)}, now)
        raise Distrust(str(error), str(folder)) from error
    keys = {
        name: getattr(state.keys, name) for name in ("ed25519", "mldsa44", "reception_ed25519", "reception_mldsa44")
    }
    device = EnrolDevice(network=network, at=0, seq=0, officer=officer, **keys).device
    return Offer(officer, device, keys)


async def confirm(client: RelayClient, keyring: Keyring, store: ReplicaStore, batch: Batch, offer: Offer) -> None:
    """Enrol the offered device, and see it enrolled; raises NeedsOthers if more than this desk has to sign."""
    batch.issue(EnrolDevice, officer=offer.officer, **offer.statement)
    await publish(keyring.profile, store, client, batch.request(), batch.now)
    confirmed(keyring.vault, offer.officer)


def confirmed(vault: Vault, officer: str) -> None:
    """Forget an invitation whose device is enrolled."""
    vault.erase(_PENDING + officer)


async def enrolled(client: RelayClient, keyring: Keyring, statement: EnrolDevice, now: int) -> bool:
    """Forget the invitation under which this device was enrolled; returns whether it had run out by now.

    A newer one of the same officer, under which nothing or another device was offered, stays: its bearer waits for it.
    """
    vault, officer = keyring.vault, statement.officer
    if vault.get(_PENDING + officer) is None:
        return False
    if kept_invitation(vault, officer, now) is None:
        confirmed(vault, officer)
        return True
    try:
        state = await client.call("GET", routes.ENROLMENT.format(officer=officer), answer=EnrolmentState)
    except Declined:  # it is the relay's no more, or not this desk's to ask about: a later invitation replaces it here
        return False
    if isinstance(state.keys, msgspec.Struct) and state.keys.ed25519 == statement.ed25519:
        confirmed(vault, officer)
    return False


def begin(path: Path, invitation_file: bytes, passphrase: bytes, work_factor: int, now: int) -> Keyring:
    """A new profile with fresh keys for the bearer of an invitation; raises Usage if the invitation is none."""
    try:
        invitation = read_invitation(invitation_file, now)
    except InvitationError as error:
        raise Usage(str(error)) from error
    identity = Identity(
        kind="officer",
        name=invitation.name,
        network=invitation.network,
        member=invitation.member,
        officer=invitation.officer,
        relay=invitation.relay,
        authority=invitation.authority,
    )
    policy = invitation.policy.encode()
    if policy:
        read_pinned(policy)
    profile = Profile.create(path, identity)
    keyring = create_keyring(profile, passphrase, work_factor)
    keyring.vault.put(_OWN, invitation_file)
    if policy:
        pin(keyring.vault, policy)
    store = ReplicaStore(path / "replica.db", keyring.replica_seal)
    store.put_fact(INVITED, invitation.checkpoint.encode())
    store.close()
    # Last, because with it the folder is a profile: after a crash before it, enrolment begins anew in another one.
    profile = profile.save(msgspec.structs.replace(identity, device=keyring.device.public.id))
    return Keyring(profile, keyring.device, keyring.archive, keyring.vault_identity)


def invited_again(keyring: Keyring, invitation_file: bytes, now: int) -> None:
    """Go on with another invitation of the same officer: the one this desk had has run out, or was replaced.

    The keys stay. Raises Usage for an invitation that is none, or for another officer or network.
    """
    before = _own(keyring)
    try:
        invitation = read_invitation(invitation_file, now)
    except InvitationError as error:
        raise Usage(str(error)) from error
    if (invitation.network, invitation.officer) != (before.network, before.officer):
        raise Usage(f"this invitation is for another officer or network than the one this desk began with; {BESIDE}")
    keyring.vault.put(_OWN, invitation_file)


async def offer_keys(keyring: Keyring, clock: Clock) -> None:
    """Offer this desk's public keys under its invitation; offering the same again changes nothing."""
    invitation = _own(keyring)
    public, reception = keyring.device.public, reception_keys(keyring.profile).public
    keys = (b64(public.ed25519), b64(public.mldsa44), b64(reception.ed25519), b64(reception.mldsa44))
    secret = invitation.secret_bytes
    offered = bind_keys(secret, invitation.network, invitation.officer, keys)
    async with _bare(keyring, clock) as client:
        request = Enrolment(proof=relay_proof(secret), keys=offered)
        try:
            await client.call("POST", routes.ENROLMENTS, request, token=False)
        except Declined as error:
            raise _way_out(keyring, error) from error


async def fetch_totp(keyring: Keyring, clock: Clock) -> TotpSecret | None:
    """The TOTP secret, once an administrator has enrolled the device; None until then."""
    async with _bare(keyring, clock) as client:
        request = TotpRequest(proof=relay_proof(_own(keyring).secret_bytes))
        try:
            return await client.call("POST", routes.ENROLMENT_TOTP, request, answer=TotpSecret, token=False)
        except Declined as error:
            if error.problem == "device-unknown":
                return None
            raise _way_out(keyring, error) from error


async def finish(keyring: Keyring, clock: Clock, code: str) -> Session:
    """The first log-in: it confirms the TOTP secret and brings the recovery codes; the invitation is then used up."""
    return await first_log_in(keyring, clock, code, _own_file(keyring))


async def check_enrolled(keyring: Keyring, store: ReplicaStore, clock: Clock) -> None:
    """See in the directory that this device was enrolled as it was invited, with the keys it sent; enrolment ends here.

    Raises Misenrolled, with evidence, if it was not: then the invitation is kept too.
    """
    async with connected(keyring, clock) as client:
        replica = (await synchronise(keyring.profile, store, client, clock())).replica
    check_own_device(keyring.profile, store, replica, clock(), enrolled=True)
    # After a crash before this `enlace enrol` looks once more.
    keyring.vault.erase(_OWN)


def pending(vault: Vault) -> list[str]:
    """The officers this desk invited and has not confirmed."""
    return [name.removeprefix(_PENDING) for name in vault.names(_PENDING)]


def is_enrolling(keyring: Keyring) -> bool:
    """Whether this desk has not finished its enrolment."""
    return keyring.vault.get(_OWN) is not None


def is_logged_in(keyring: Keyring) -> bool:
    """Whether this desk, which may still be enrolling, has had its first log-in."""
    return current_session(keyring) is not None


def _own(keyring: Keyring) -> Invitation:
    return read_invitation(_own_file(keyring), 0)


def _own_file(keyring: Keyring) -> bytes:
    raw = keyring.vault.get(_OWN)
    if raw is None:
        raise Usage("this desk is enrolled already; run `enlace login`")
    return raw


def _way_out(keyring: Keyring, error: Declined) -> Declined:
    """What the relay says of an invitation, and what to do where it does not hold any more."""
    if error.problem != "invitation-invalid":
        return error
    ask = "ask for another one (`enlace invite --officer`), and call `enlace enrol FILE` with it: this desk's keys stay"
    if first_sent(keyring, _own_file(keyring)):
        ask = f"{FIRST_LOST}, and then `enlace enrol` once more. Otherwise {ask}"
    return Declined(f"{error}. {ask[0].upper()}{ask[1:]}", error.problem)


def _bare(keyring: Keyring, clock: Clock) -> RelayClient:
    identity = keyring.profile.identity
    return RelayClient(identity.relay, identity.authority, keyring.device.ed25519, clock)
