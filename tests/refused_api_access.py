"""Bad requests about log-in, sessions, invitations and enrolments."""

import time
from typing import Any

from refused_api import Row, asked
from refused_world import DAY, NONE, House, fresh_hash

from crypto.encoding import b64
from relay.protocol import routes


def log_in(label: str, sent: str, body: object, status: int, code: str, words: str, who: str = "ar-key") -> Row:
    """A log-in."""
    return asked(label, sent, who, "POST", routes.LOGIN, body, status, code, words)


LOG_IN = (
    log_in("malformed", "a code of five digits", {"code": "12345"}, 400, "malformed", "code"),
    log_in("malformed", "a code of letters", {"code": "abcdef"}, 400, "malformed", "code"),
    log_in("malformed", "a code of other digits", {"code": "\u0661\u0662\u0663\u0664\u0665\u0666"}, 400, "malformed",
           "code"),
    log_in("malformed", "neither a code nor a recovery code", {}, 400, "malformed", "with a code, or with a recovery"),
    log_in("malformed", "both", {"code": "123456", "recovery": "x"}, 400, "malformed",
           "with a code, or with a recovery"),
    log_in("oversized", "a recovery code of 65 characters", {"recovery": "a" * 65}, 400, "malformed", "length <= 64"),
    log_in("wrong signer", "a wrong code", {"code": "000000"}, 401, "code-wrong", "clock right"),
    log_in("wrong signer", "a recovery code that is none", {"recovery": "0000-0000-0000-0000"}, 401, "code-wrong",
           "16 letters and digits"),
    log_in("wrong signer", "a log-in by a key that nobody knows", {"code": "123456"}, 403, "device-unknown",
           "once the directory has enrolled it", "stranger"),
    log_in("wrong role", "a log-in by the reception key", {"code": "123456"}, 403, "not-allowed", "not for reception",
           "ar-night"),
    log_in("wrong role", "a log-in by the duty key", {"code": "123456"}, 403, "not-allowed", "not for duty",
           "secretariat"),
    log_in("wrong role", "a log-in within a session", {"code": "123456"}, 403, "not-allowed", "not for session",
           "ar-desk"),
    log_in("wrong state", "a log-in of a revoked device", {"code": "123456"}, 403, "device-revoked", "revoked",
           "gone-key"),
    log_in("wrong state", "a log-in of a suspended member", {"code": "123456"}, 403, "member-suspended", "suspended",
           "ec-key"),
    asked("wrong role", "renewing without a session", "ar-key", "POST", routes.RENEW, None, 403, "not-allowed",
          "is for session"),
    asked("wrong role", "logging out without a session", "ar-night", "POST", routes.LOGOUT, None, 403, "not-allowed",
          "is for session"),
)  # fmt: skip


def authenticator(label: str, sent: str, target: str, body: object, status: int, code: str, words: str,
                  who: str = "co-desk") -> Row:  # fmt: skip
    """A renewal of the authenticator, or of the recovery codes."""
    return asked(label, sent, who, "POST", target, body, status, code, words)


AUTHENTICATOR = (
    authenticator("malformed", "a renewal without an id", routes.AUTHENTICATOR, {"code": "000000"}, 400, "malformed",
                  "JSON"),
    authenticator("malformed", "a renewal with a code of letters", routes.AUTHENTICATOR, {"renewal": "0" * 32,
                  "code": "abcdef"}, 400,
                  "malformed", "JSON"),
    authenticator("wrong signer", "a renewal with a wrong code", routes.AUTHENTICATOR, {"renewal": "0" * 32,
                  "code": "000000"}, 401,
                  "code-wrong", "clock right"),
    authenticator("wrong role", "a renewal without a session", routes.AUTHENTICATOR, {"renewal": "0" * 32,
                  "code": "000000"}, 403,
                  "not-allowed", "is for session", "ar-key"),
    authenticator("wrong role", "a renewal by the duty key", routes.AUTHENTICATOR, {"renewal": "0" * 32,
                  "code": "000000"}, 403,
                  "not-allowed", "is for session", "secretariat"),
    authenticator("malformed", "a confirmation of nothing", routes.AUTHENTICATOR_CONFIRM, {}, 400, "malformed", "JSON"),
    authenticator("malformed", "a field more in a confirmation", routes.AUTHENTICATOR_CONFIRM, {"renewal": "0" * 32,
                  "code": "000000",
                  "x": 1}, 400, "malformed", "JSON"),
    authenticator("wrong role", "a confirmation by the reception key", routes.AUTHENTICATOR_CONFIRM,
                  {"code": "000000"}, 403, "not-allowed", "is for session", "co-night"),
    authenticator("malformed", "recovery codes for a code of five digits", routes.AUTHENTICATOR_CODES,
                  {"code": "12345"}, 400, "malformed", "JSON"),
    authenticator("wrong signer", "recovery codes for a wrong code", routes.AUTHENTICATOR_CODES, {"code": "000000"},
                  401, "code-wrong", "clock right"),
    authenticator("wrong role", "recovery codes for a stranger", routes.AUTHENTICATOR_CODES, {"code": "000000"}, 403,
                  "not-allowed", "is for session", "stranger"),
    authenticator("malformed", "portal access without a passphrase", routes.PORTAL, {"code": "000000"}, 400,
                  "malformed", "passphrase"),
    authenticator("malformed", "a passphrase for the portal of eleven characters", routes.PORTAL,
                  {"code": "000000", "passphrase": "eleven char"}, 400, "malformed", "has 11 characters"),
    authenticator("malformed", "a passphrase for the portal with a line break", routes.PORTAL,
                  {"code": "000000", "passphrase": "four words\nin two lines"}, 400, "malformed", "control characters"),
    authenticator("oversized", "a passphrase for the portal of 1,001 characters", routes.PORTAL,
                  {"code": "000000", "passphrase": "x" * 1001}, 400, "malformed", "length <= 1000"),
    authenticator("wrong signer", "portal access with a wrong code", routes.PORTAL,
                  {"code": "000000", "passphrase": "four words by candlelight"}, 401, "code-wrong", "clock right"),
    authenticator("wrong role", "portal access without a session", routes.PORTAL,
                  {"code": "000000", "passphrase": "four words by candlelight"}, 403, "not-allowed", "is for session",
                  "ar-key"),
    asked("wrong role", "the state of portal access by the reception key", "co-night", "GET", routes.PORTAL, None, 403,
          "not-allowed", "is for session"),
    asked("wrong role", "an end of portal access by the reception key", "co-night", "DELETE", routes.PORTAL, None, 403,
          "not-allowed", "is for session"),
    authenticator("wrong state", "a first code where no portal access waits", routes.PORTAL_CONFIRM,
                  {"code": "000000"}, 404, "not-found", "begin it anew"),
    authenticator("wrong role", "a first code of the portal by the duty key", routes.PORTAL_CONFIRM,
                  {"code": "000000"}, 403, "not-allowed", "is for session", "secretariat"),
)  # fmt: skip


def invite(label: str, sent: str, who: str, status: int, code: str, words: str, officer: str = "", **body: Any) -> Row:
    """Inviting the officer who was invited before; `body` overrules what is said."""

    def target(house: House) -> str:
        return routes.INVITATION.format(officer=officer or house.invited("fresh")[0])

    def made(house: House) -> object:
        return {"proof_hash": fresh_hash(), "expires": int(time.time()) + DAY} | body

    return asked(label, sent, who, "PUT", target, made, status, code, words)


def offer(label: str, sent: str, status: int, code: str, words: str, who: str = "stranger", **changes: Any) -> Row:
    """Offering a new desk's keys; `changes` are to the keys, `proof` and `officer` too."""

    def made(house: House) -> object:
        proof = changes.get("proof")
        about = {name: each for name, each in changes.items() if name != "proof"}
        given = house.offer("fresh", **about)
        return given | ({"proof": proof} if proof else {})

    return asked(label, sent, who, "POST", routes.ENROLMENTS, made, status, code, words)


KEY_WITH_BITS = "A" * 42 + "B="
ENROLMENT = (
    invite("wrong role", "an invitation by an officer on duty", "ar-desk", 403, "not-allowed", "administrator"),
    invite("wrong role", "an invitation by another member's administrator", "co-admin", 403, "not-allowed",
           "own member"),
    invite("wrong role", "an invitation by a reception key", "ar-night", 403, "not-allowed", "not for reception"),
    invite("wrong role", "an invitation by nobody known", "stranger", 403, "not-allowed", "not for key"),
    invite("not found", "an invitation for nobody", "ar-admin", 404, "not-found", "enrol the officer first", "0" * 32),
    invite("malformed", "an officer's id in capitals", "ar-admin", 404, "not-found", "32 hexadecimal digits", "A" * 32),
    invite("malformed", "an officer's id that is none", "ar-admin", 404, "not-found", "32 hexadecimal digits", "ar"),
    invite("expired", "an invitation that is over", "ar-admin", 422, "expiry-invalid", "14 days", expires=1),
    invite("expired", "an invitation for 15 days", "ar-admin", 422, "expiry-invalid", "at most 14 days",
           expires=int(time.time()) + 15 * DAY),
    invite("malformed", "a time before all times", "ar-admin", 400, "malformed", ">= 0", expires=-1),
    invite("malformed", "an end with a fraction", "ar-admin", 400, "malformed", "Expected `int`", expires=1.5),
    invite("malformed", "a time after all times", "ar-admin", 400, "malformed", "<=", expires=2**63),
    invite("malformed", "a hash of 63 digits", "ar-admin", 400, "malformed", "proof_hash", proof_hash="0" * 63),
    invite("malformed", "a hash with a line feed", "ar-admin", 400, "malformed", "proof_hash",
           proof_hash="0" * 64 + "\n"),
    asked("not found", "the offer of an officer whom nobody invited", "ar-admin", "GET",
          lambda house: routes.ENROLMENT.format(officer=house.office.officers["ar-desk"]), None, 404, "not-found",
          "no invitation"),
    asked("wrong role", "another member's offer", "co-admin", "GET",
          lambda house: routes.ENROLMENT.format(officer=house.invited("fresh")[0]), None, 403, "not-allowed",
          "own member"),
    offer("wrong signer", "keys offered without an invitation", 403, "invitation-invalid", "invit", proof=NONE),
    offer("wrong signer", "keys offered by another key", 401, "proof-invalid", "another key", "other-stranger"),
    offer("wrong role", "keys offered within a session", 403, "not-allowed", "not for session", "ar-desk"),
    offer("wrong state", "keys offered for another officer", 403, "invitation-invalid", "another officer",
          officer="0" * 32),
    offer("malformed", "a key with bits that count for nothing", 400, "malformed", "ed25519", ed25519=KEY_WITH_BITS),
    offer("malformed", "an offered key of 31 bytes", 400, "malformed", "ed25519", ed25519=b64(bytes(31))),
    offer("malformed", "a key in base64url", 400, "malformed", "ed25519", ed25519="-" * 43 + "="),
    offer("malformed", "a short ML-DSA key", 400, "malformed", "mldsa44", mldsa44=b64(bytes(1311))),
    offer("malformed", "a MAC in capitals", 400, "malformed", "mac", mac="A" * 64),
    asked("wrong signer", "a secret asked for without an invitation", "ar-key", "POST", routes.ENROLMENT_TOTP,
          {"proof": NONE}, 403, "invitation-invalid", "invit"),
    asked("out of order", "a secret asked for before the directory has the device", "stranger", "POST",
          routes.ENROLMENT_TOTP, lambda house: {"proof": house.invited("fresh")[1]}, 403, "device-unknown",
          "wait for your administrator"),
    asked("wrong signer", "a secret asked for with another's invitation", "ar-key", "POST", routes.ENROLMENT_TOTP,
          lambda house: {"proof": house.invited("fresh")[1]}, 403, "not-allowed", "another officer"),
    asked("malformed", "an invitation's proof that is none", "ar-key", "POST", routes.ENROLMENT_TOTP, {"proof": "x"},
          400, "malformed", "proof"),
)  # fmt: skip

ROWS = (*LOG_IN, *AUTHENTICATOR, *ENROLMENT)
