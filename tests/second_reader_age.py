"""Age v1: header, MAC, payload, and the recipients scrypt and mlkem768x25519 (c2sp.org/age; envelope, rule 14)."""

import hashlib
import hmac
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from second_reader_base import Refused, unpadded_bytes

VERSION = b"age-encryption.org/v1\n"
HEADER_LIMIT = 1_048_576
STANZAS = 512
CHUNK = 65_536
TAG = 16
_ARGUMENT = re.compile("[!-~]+")
_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PQ_SECRET = "age-secret-key-pq-"


@dataclass(frozen=True)
class Stanza:
    """A recipient stanza."""

    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class AgeFile:
    """An age file in its parts; `signed` is what the MAC is over."""

    stanzas: tuple[Stanza, ...]
    signed: bytes
    mac: bytes
    payload: bytes


def derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256, 32 bytes."""
    return HKDF(hashes.SHA256(), 32, salt or None, info).derive(secret)


def _line(raw: bytes, start: int) -> tuple[str, int]:
    end = raw.find(b"\n", start)
    line = raw[start:end] if end >= 0 else b"\xff"
    if not line.isascii():
        raise Refused("header failure", "line")
    return line.decode(), end + 1


def _stanza(first: str, raw: bytes, start: int) -> tuple[Stanza, int]:
    arguments = tuple(first[3:].split(" "))
    if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
        raise Refused("header failure", "arguments")
    body = ""
    while True:
        line, start = _line(raw, start)
        if len(line) > 64:
            raise Refused("header failure", "columns")
        body += line
        if len(line) < 64:
            return Stanza(arguments, unpadded_bytes(body)), start


def read_age(raw: bytes) -> AgeFile:
    """The header by age's grammar and the limits of README; whatever deviates is `header failure`."""
    if not raw.startswith(VERSION):
        raise Refused("header failure", "version line")
    stanzas: list[Stanza] = []
    start = len(VERSION)
    while True:
        line, behind = _line(raw, start)
        if line.startswith("-> "):
            stanza, start = _stanza(line, raw, behind)
            stanzas.append(stanza)
            continue
        if not line.startswith("--- ") or len(line) != 47 or not stanzas:
            raise Refused("header failure", "end of header")
        if behind > HEADER_LIMIT or len(stanzas) > STANZAS or len(raw) < behind + 16:
            raise Refused("header failure", "too long, or no nonce")
        return AgeFile(tuple(stanzas), raw[: start + 3], unpadded_bytes(line[4:]), raw[behind:])


def open_with(file: AgeFile, file_key: bytes) -> bytes:
    """The MAC of the header (`HMAC failure`), then the payload (`payload failure`)."""
    mac_key = derive(file_key, b"", b"header")
    if not hmac.compare_digest(hmac.digest(mac_key, file.signed, "sha256"), file.mac):
        raise Refused("HMAC failure")
    nonce, sealed = file.payload[:16], file.payload[16:]
    cipher = ChaCha20Poly1305(derive(file_key, nonce, b"payload"))
    chunks = [sealed[i : i + CHUNK + TAG] for i in range(0, len(sealed), CHUNK + TAG)]
    if not chunks or (len(chunks) > 1 and len(chunks[-1]) <= TAG):
        raise Refused("payload failure", "last chunk")
    opened = []
    for number, chunk in enumerate(chunks):
        last = b"\x01" if number == len(chunks) - 1 else b"\x00"
        try:
            opened.append(cipher.decrypt(number.to_bytes(11, "big") + last, chunk, None))
        except InvalidTag:
            raise Refused("payload failure", f"chunk {number}") from None
    return b"".join(opened)


def seal_again(header: bytes, nonce: bytes, file_key: bytes, text: bytes) -> bytes:
    """The file of that header, nonce and file key in which `text` is sealed (message, rule 15)."""
    file = read_age(header + nonce)
    if file.payload != nonce:
        raise Refused("header failure", "more than a header")
    mac_key = derive(file_key, b"", b"header")
    if not hmac.compare_digest(hmac.digest(mac_key, file.signed, "sha256"), file.mac):
        raise Refused("HMAC failure")
    cipher = ChaCha20Poly1305(derive(file_key, nonce, b"payload"))
    chunks = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)]
    last = len(chunks) - 1
    sealed = [
        cipher.encrypt(number.to_bytes(11, "big") + (b"\x01" if number == last else b"\x00"), chunk, None)
        for number, chunk in enumerate(chunks)
    ]
    return header + nonce + b"".join(sealed)


def private_key(seed: bytes) -> hpke.MLKEM768X25519PrivateKey:
    """X-Wing: SHAKE-256 of the seed gives ML-KEM's d and z (64 bytes) and X25519's scalar (32)."""
    stretched = hashlib.shake_256(seed).digest(96)
    return hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(stretched[:64]), X25519PrivateKey.from_private_bytes(stretched[64:])
    )


def recipient_of(seed: bytes) -> bytes:
    """The 1,216 bytes of the recipient that belongs to an identity (README: ML-KEM-768 then X25519)."""
    stretched = hashlib.shake_256(seed).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(stretched[:64]).public_key().public_bytes_raw()
    return mlkem + X25519PrivateKey.from_private_bytes(stretched[64:]).public_key().public_bytes_raw()


def check_stanza(stanza: Stanza) -> bytes:
    """Envelope, rule 14: `header failure` for a stanza no correct writer makes. Its encapsulated key."""
    if stanza.arguments[0] != "mlkem768x25519" or len(stanza.arguments) != 2:
        raise Refused("header failure", "stanza")
    enc = unpadded_bytes(stanza.arguments[1])
    if len(enc) != 1120 or len(stanza.body) != 32:
        raise Refused("header failure", "size of the stanza")
    if small_order(enc[1088:]):
        raise Refused("header failure", "X25519 share of low order")
    return enc


def file_key_by_seed(stanza: Stanza, seed: bytes) -> bytes:
    """Envelope, rule 14: `no match` if the identity does not open the stanza."""
    enc = check_stanza(stanza)
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    try:
        return suite.decrypt(enc + stanza.body, private_key(seed), info=b"age-encryption.org/mlkem768x25519")
    except (InvalidTag, ValueError):
        raise Refused("no match") from None


def small_order(point: bytes) -> bool:
    """Whether an X25519 point is of low order (keyset, rule 6)."""
    p = 2**255 - 19
    return (int.from_bytes(point, "little") & (2**255 - 1)) % p in {
        0,
        1,
        p - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }


def open_alone(raw: bytes, seed: bytes) -> bytes:
    """An age file by the first stanza that the identity opens (README; attachment, rule 1; vault, rule 1)."""
    file = read_age(raw)
    if len(file.stanzas) > 1 and any(stanza.arguments[0] == "scrypt" for stanza in file.stanzas):
        raise Refused("header failure", "scrypt beside others")
    for stanza in file.stanzas:
        if stanza.arguments[0] != "mlkem768x25519":
            continue
        check_stanza(stanza)
        try:
            file_key = file_key_by_seed(stanza, seed)
        except Refused:
            continue
        return open_with(file, file_key)
    raise Refused("no match")


def open_by_passphrase(raw: bytes, passphrase: bytes, most_work: int) -> bytes:
    """An age file with one scrypt stanza (keyfile, rules 1, 2, 4)."""
    file = read_age(raw)
    stanza = file.stanzas[0]
    if len(file.stanzas) != 1 or stanza.arguments[0] != "scrypt" or len(stanza.arguments) != 3:
        raise Refused("header failure", "stanza")
    salt, work = unpadded_bytes(stanza.arguments[1]), stanza.arguments[2]
    if len(salt) != 16 or len(stanza.body) != 32 or not re.fullmatch("[1-9][0-9]{0,2}", work):
        raise Refused("header failure", "stanza")
    if int(work) > min(most_work, 20):
        raise Refused("header failure", "work factor")
    key = Scrypt(b"age-encryption.org/v1/scrypt" + salt, 32, 2 ** int(work), 8, 1).derive(passphrase)
    try:
        file_key = ChaCha20Poly1305(key).decrypt(b"\0" * 12, stanza.body, None)
    except InvalidTag:
        raise Refused("wrong passphrase") from None
    return open_with(file, file_key)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def identity_seed(identity: str) -> bytes:
    """Bech32 in capitals, prefix AGE-SECRET-KEY-PQ-, 32 bytes (attachment, rule 2): else `bad recipient`."""
    lower = identity.lower()
    digits = lower[len(_PQ_SECRET) + 1 :]
    if identity != identity.upper() or not lower.startswith(_PQ_SECRET + "1") or set(digits) - set(_CHARSET):
        raise Refused("bad recipient", "identity")
    values = [_CHARSET.index(digit) for digit in digits]
    prefix = [ord(char) >> 5 for char in _PQ_SECRET] + [0] + [ord(char) & 31 for char in _PQ_SECRET]
    if len(values) < 6 or _polymod(prefix + values) != 1:
        raise Refused("bad recipient", "checksum")
    number, bits = 0, 5 * len(values[:-6])
    for value in values[:-6]:
        number = number << 5 | value
    spare = bits % 8
    if bits // 8 != 32 or spare > 4 or number & ((1 << spare) - 1):
        raise Refused("bad recipient", "length")
    return (number >> spare).to_bytes(32, "big")
