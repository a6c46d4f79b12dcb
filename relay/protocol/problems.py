"""Every way the relay says no, in one table: RFC 9457 problem details with a stable `code`.

The body is `application/problem+json`: `type` (`about:blank`), `title`, `status`, `detail`, and our `code`; some carry
`rule`, `retry_after` (seconds), `devices` or `line`. A desk acts on `code`; `detail` is for people.
"""

from types import MappingProxyType

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a refusal."""

    code: str
    title: str
    status: int
    detail: str
    type: str = "about:blank"
    rule: str = ""
    retry_after: int = 0
    devices: tuple[str, ...] = ()
    line: str = ""


class Refusal(Exception):
    """A request the relay does not carry out, by `code` of the table; nothing was changed."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        rule: str = "",
        retry_after: int = 0,
        devices: tuple[str, ...] = (),
        line: str = "",
    ) -> None:
        status, title = CODES[code]
        super().__init__(detail or title)
        self.problem = Problem(
            code=code,
            title=title,
            status=status,
            detail=detail or title,
            rule=rule,
            retry_after=retry_after or _RETRY.get(code, 0),
            devices=devices,
            line=line,
        )


CODES: MappingProxyType[str, tuple[int, str]] = MappingProxyType(
    {
        "malformed": (400, "The request is not well formed"),
        "nonce-needed": (401, "The proof needs the nonce given with this answer"),
        "proof-invalid": (401, "The proof of possession does not hold"),
        "proof-replayed": (401, "This proof was used before"),
        "token-invalid": (401, "The session is not known; log in again"),
        "token-expired": (401, "The session's token has run out; renew it, or log in again"),
        "shift-over": (401, "The shift is over; log in again with a new code"),
        "code-wrong": (401, "The code is wrong"),
        "code-used": (401, "This code, or a newer one, was used before; wait for the next"),
        "device-unknown": (403, "The directory knows no such device"),
        "device-revoked": (403, "This device was revoked"),
        "member-suspended": (403, "The member is suspended"),
        "not-allowed": (403, "This is not for the role at hand"),
        "invitation-invalid": (403, "The invitation is unknown, used up or expired"),
        "not-found": (404, "There is nothing here"),
        "method-not-allowed": (405, "The resource does not know this method"),
        "statement-conflict": (409, "The directory has moved on; synchronise and sign anew"),
        "envelope-conflict": (409, "The same envelope id was used for other bytes"),
        "recipients-changed": (409, "A recipient changed since this was sealed; synchronise and seal anew"),
        "keyset-old": (409, "A newer key set is there already"),
        "attachment-missing": (409, "An attachment is not fully uploaded yet"),
        "offset-wrong": (409, "The upload stands at another offset"),
        "line-old": (409, "The line was signed too long ago; sign it anew"),
        "already-decided": (409, "Another officer was first"),
        "clock-stopped": (409, "The clock was stopped before; nothing further comes"),
        "turn-over": (409, "This stage or call has come already, or there is none"),
        "tus-version": (412, "The upload protocol spoken here is tus 1.0.0"),
        "too-large": (413, "The request is larger than the relay takes"),
        "media-type": (415, "The content type is not the one expected"),
        "range-wrong": (416, "The attachment has no such bytes"),
        "statement-refused": (422, "The statement breaks a rule of the directory"),
        "body-mismatch": (422, "A body does not match the commitment in its statement"),
        "signature-invalid": (422, "A signature does not hold"),
        "expiry-invalid": (422, "The expiry is not one the relay can keep"),
        "digest-wrong": (422, "The uploaded bytes have another SHA-256 than announced"),
        "upload-busy": (423, "Another request is writing to this upload; try again"),
        "throttled": (429, "Too many attempts; wait"),
        "quota-full": (429, "The quota is used up; wait until something is fetched or expires"),
        "internal": (500, "The relay failed; nothing was acknowledged"),
        "unavailable": (503, "The relay cannot do this right now; try again"),
        "storage-low": (507, "The relay's disk is nearly full; for now it takes no new messages or attachments"),
    }
)
_RETRY = MappingProxyType({"upload-busy": 1, "unavailable": 5, "storage-low": 60})  # seconds, where no better is known
