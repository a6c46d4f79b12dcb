"""The values that fields hold (README, *Values*), and objects that stand in several formats."""

from second_reader_json import Field, integer, items, pattern, record, text, words

TIME = integer(0, 2**40)
COUNT = integer(0, 2**53)
HASH = pattern("[0-9a-f]{64}")
ED25519 = pattern("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
MLDSA44 = pattern("[A-Za-z0-9+/]{1749}[AQgw]==")
NETWORK_NAME = pattern("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
ORIGIN = pattern("[a-z0-9]([a-z0-9./-]{0,126}[a-z0-9])?")
MEMBER = pattern("[a-z]{2}(-[a-z0-9]{1,20}){0,2}")
OFFICER = pattern("[0-9a-f]{32}")
CONTACT = pattern("[a-z]{2}(-[a-z0-9]{1,30}){1,6}")
CIRCLE = pattern("[a-z0-9]+(-[a-z0-9]+){0,5}", 60)
COUNTRY = pattern("[A-Z]{2}")
FUNCTION = pattern("[a-z0-9]+(-[a-z0-9]+){0,7}", 60)
LANGUAGE = pattern("[a-z]{2,3}(-[A-Z]{2})?")
MESSAGE_ID = pattern("[0-9a-f]{32}")
RELAY = pattern(r"https://[A-Za-z0-9.\[\]:-]{1,255}")
IDENTITY = pattern("AGE-SECRET-KEY-PQ-1[0-9A-Z]{10,100}")
SEED = pattern("[A-Za-z0-9+/]{43}=")
RECIPIENT = pattern("[A-Za-z0-9+/]{1622}==")
PRECEDENCE = words("flash", "immediate", "priority", "routine")
STOP = words("accepted", "never")

SEALED_FILE = record(
    {
        "name": Field(text(1, 255)),
        "identity": Field(IDENTITY),
        "cipher_hash": Field(HASH),
        "cipher_size": Field(COUNT),
        "plain_hash": Field(HASH),
        "plain_size": Field(COUNT),
    }
)
"""An attachment as it stands in a message (attachment.md)."""

RECEIPT = record(
    {
        "index": Field(COUNT),
        "leaf": Field(record({"envelope": Field(HASH), "tree_size": Field(COUNT), "time": Field(TIME)})),
        "path": Field(items(HASH, 0, 32)),
        "note": Field(text()),
    }
)
"""The relay's receipt (receipt.md)."""
