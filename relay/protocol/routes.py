"""The relay's resources, version 1: method, path, who may ask, what goes in and what comes out.

| method and path | proof by | in → out |
|---|---|---|
| POST /v1/login | device key + TOTP | LogIn → Session |
| POST /v1/session/renew | device key + old token | – → Session |
| POST /v1/logout | session | – → 204 |
| POST /v1/authenticator | session, and a code | AuthenticatorRenewal → NewAuthenticator |
| POST /v1/authenticator/confirm | session, and a code | AuthenticatorConfirmation → AuthenticatorStanding |
| POST /v1/authenticator/codes | session, and a code | AuthenticatorCode → RecoveryCodes |
| GET /v1/portal | session | – → PortalStanding |
| POST /v1/portal | session, and a code | NewPortalAccess → PortalAccess |
| POST /v1/portal/confirm | session, and a code | PortalConfirmation → PortalStanding |
| DELETE /v1/portal | session | – → 204 |
| PUT /v1/invitations/{officer} | administrator's session or duty key | NewInvitation → 204 |
| GET /v1/enrolments/{officer} | administrator's session or duty key | – → EnrolmentState |
| POST /v1/enrolments | the new device key | Enrolment → 202 |
| POST /v1/enrolments/totp | the device key, enrolled by now | TotpRequest → TotpSecret |
| GET /v1/log?start=N | session or duty key | – → LogState |
| GET /v1/log/checkpoint | session, duty or witness key | – → signed note, text/plain |
| GET /v1/log/tile/{tile} | session, duty or witness key | – → bytes, application/octet-stream |
| GET /v1/witness/request?old=N | witness key | – → add-checkpoint request, text/plain |
| POST /v1/witness/cosignatures | witness key | signature lines, text/plain → 204 |
| POST /v1/statements | nobody: statements prove themselves | NewStatements → Appended |
| POST /v1/bodies | session or duty key | BodiesWanted → Bodies |
| PUT /v1/keyset | session | signed note, text/plain → 204 |
| POST /v1/keysets | session | KeySetsWanted → KeySets |
| POST /v1/envelopes | coordinator's session | submission, application/octet-stream → Submitted |
| POST /v1/envelopes/{hash}/steps | session of a recipient | signed note, text/plain → Stepped |
| POST /v1/envelopes/{hash}/stages | session of the sender's side | signed note, text/plain → StageOrdered |
| GET /v1/stream | reception key, at the upgrade | WebSocket (`stream.py`) |
| POST /v1/attachments | coordinator's session | tus 1.0 creation: Upload-Length, Upload-Metadata sha256 → 201 |
| HEAD /v1/attachments/{hash} | session | – → Upload-Offset, Upload-Length |
| PATCH /v1/attachments/{hash} | the uploader's session | bytes, application/offset+octet-stream → Upload-Offset |
| GET /v1/attachments/{hash} | session of a recipient or the uploader | Range → bytes |
| GET /v1/openapi.json, /healthz, /readyz, /metrics | anybody | |

Refusals: `problems.py`. A proof without a valid nonce is answered with `nonce-needed` and a `DPoP-Nonce` header; every
answer to a proof carries the next nonce. The portal's pages (`/portal/`) are HTML for browsers and no part of this
protocol: docs/portal.md lists them. Where the settings open the log, its checkpoint and tiles ask for no proof.
"""

LOGIN = "/v1/login"
RENEW = "/v1/session/renew"
LOGOUT = "/v1/logout"
AUTHENTICATOR = "/v1/authenticator"
AUTHENTICATOR_CONFIRM = "/v1/authenticator/confirm"
AUTHENTICATOR_CODES = "/v1/authenticator/codes"
PORTAL = "/v1/portal"
PORTAL_CONFIRM = "/v1/portal/confirm"
INVITATION = "/v1/invitations/{officer}"
ENROLMENT = "/v1/enrolments/{officer}"
ENROLMENTS = "/v1/enrolments"
ENROLMENT_TOTP = "/v1/enrolments/totp"
LOG = "/v1/log"
CHECKPOINT = "/v1/log/checkpoint"
TILE = "/v1/log/tile/{tile}"
WITNESS_REQUEST = "/v1/witness/request"
WITNESS_COSIGNATURES = "/v1/witness/cosignatures"
STATEMENTS = "/v1/statements"
BODIES = "/v1/bodies"
KEYSET = "/v1/keyset"
KEYSETS = "/v1/keysets"
ENVELOPES = "/v1/envelopes"
STEPS = "/v1/envelopes/{hash}/steps"
STAGES = "/v1/envelopes/{hash}/stages"
STREAM = "/v1/stream"
ATTACHMENTS = "/v1/attachments"
ATTACHMENT = "/v1/attachments/{hash}"
OPENAPI = "/v1/openapi.json"
HEALTH = "/healthz"
READY = "/readyz"
METRICS = "/metrics"

PROOF_HEADER = "DPoP"
NONCE_HEADER = "DPoP-Nonce"
JSON = "application/json"
NOTE = "text/plain"
BYTES = "application/octet-stream"
CHUNK = "application/offset+octet-stream"
PROBLEM = "application/problem+json"
TUS_VERSION = "1.0.0"
MOST_JSON_BYTES = 8 << 20
