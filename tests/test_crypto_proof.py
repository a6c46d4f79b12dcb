"""Proofs for a stranger: written, read, verified with a policy alone, and refused (c2sp.org/tlog-proof)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from witness_keys import ORIGIN, WITNESSES, cosigned, policy_of, signed

from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.merkle import ProofError, Tree, leaf_hash
from crypto.note import SignatureError
from crypto.policy import Unsatisfied
from crypto.proof import MOST_EXTRA_BYTES, MOST_PROOF_BYTES, MalformedProof, Proof, parse_proof, verify_proof

ENTRIES = [b"entry %d\n" % each for each in range(300)]
TREE = Tree(map(leaf_hash, ENTRIES))
TIME = 1_767_225_600
CHECKPOINT = cosigned(signed(TREE, TIME), {"co": TIME + 3, "pe": TIME + 5})
POLICY = policy_of(2)


def proof_of(index: int, extra: bytes = b"", checkpoint: bytes = CHECKPOINT) -> Proof:
    return Proof(index, tuple(TREE.inclusion(index, len(TREE))), checkpoint, extra)


PROOF = proof_of(17, b"more")
RAW = PROOF.write()
HEAD, HASHES = RAW.split(b"\n\n")[0], RAW.split(b"\n\n")[0].split(b"\n")[3:]


def test_a_proof_is_what_the_specification_shows() -> None:
    lines = RAW.decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {b64(b'more')}", "index 17"]
    assert lines[3:12] == [b64(each) for each in TREE.inclusion(17, 300)]
    assert lines[12:15] == ["", ORIGIN, "300"]
    assert RAW.endswith(CHECKPOINT)


@pytest.mark.parametrize("index", [0, 17, 255, 256, 299])
def test_an_entry_is_proven_with_the_policy_alone(index: int) -> None:
    found = verify_proof(parse_proof(proof_of(index).write()), ENTRIES[index], POLICY)
    assert (found.time, found.checkpoint.size) == (TIME + 3, 300)


def test_a_log_of_one_entry_has_a_proof_without_hashes() -> None:
    tree = Tree([leaf_hash(b"x")])
    checkpoint = cosigned(signed(tree, TIME), {"co": TIME, "pe": TIME})
    raw = Proof(0, (), checkpoint).write()
    assert raw.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nlog.")
    verify_proof(parse_proof(raw), b"x", POLICY)


@given(st.integers(0, 299), st.binary(max_size=40))
def test_what_is_written_is_read(index: int, extra: bytes) -> None:
    proof = proof_of(index, extra)
    assert parse_proof(proof.write()) == proof


@given(st.integers(0, len(RAW) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_a_changed_byte_is_refused_or_changes_what_is_written(at: int, byte: int) -> None:
    raw = bytearray(RAW)
    raw[at] = byte
    try:
        proof = parse_proof(bytes(raw))
    except CryptoError:
        return
    assert proof.write() == bytes(raw)
    if bytes(raw) == RAW or proof.extra != PROOF.extra:
        return
    with pytest.raises(CryptoError):
        verify_proof(proof, ENTRIES[17], POLICY)


REFUSED = {
    "empty": b"",
    "another type": RAW.replace(b"@v1", b"@v2"),
    "no type": RAW.partition(b"\n")[2],
    "no index": HEAD.replace(b"index 17\n", b"") + b"\n\n" + CHECKPOINT,
    "an index that is not canonical": RAW.replace(b"index 17", b"index 017"),
    "an index below zero": RAW.replace(b"index 17", b"index -1"),
    "an index beyond all": RAW.replace(b"index 17", b"index 9223372036854775808"),
    "two indices": RAW.replace(b"index 17\n", b"index 17\nindex 17\n"),
    "extra behind the index": RAW.replace(b"extra bW9yZQ==\nindex 17\n", b"index 17\nextra bW9yZQ==\n"),
    "extra twice": RAW.replace(b"index 17\n", b"extra bW9yZQ==\nindex 17\n"),
    "extra without anything": RAW.replace(b"extra bW9yZQ==", b"extra "),
    "extra that is not canonical": RAW.replace(b"bW9yZQ==", b"bW9yZR=="),
    "a hash that is too short": RAW.replace(HASHES[0], b64(bytes(31)).encode()),
    "a hash that is no base64": RAW.replace(HASHES[0], b"x" * 44),
    "no checkpoint": HEAD + b"\n\n",
    "no empty line": HEAD + b"\n" + CHECKPOINT,
    "two empty lines": HEAD + b"\n\n\n" + CHECKPOINT,
    "a checkpoint that is cut off": RAW[:-1],
    "CRLF": RAW.replace(b"\n", b"\r\n"),
    "too many hashes": HEAD + (b"\n" + HASHES[0]) * 64 + b"\n\n" + CHECKPOINT,
    "not ASCII": RAW.replace(b"index", "índex".encode()),
    "an extension line": RAW.replace(b"\n300\n", b"\n300\nmore\n"),
    "too large": RAW + b"x" * MOST_PROOF_BYTES,
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_no_proof_is_refused(raw: bytes) -> None:
    assert raw != RAW
    with pytest.raises(CryptoError):
        parse_proof(raw)


@pytest.mark.parametrize(
    "wrong", [(-1, ()), (2**63, ()), (0, (b"",)), (0, (bytes(32),) * 64)], ids=["below", "beyond", "hash", "hashes"]
)
def test_what_no_file_can_hold_is_no_proof(wrong: tuple[int, tuple[bytes, ...]]) -> None:
    with pytest.raises(MalformedProof):
        Proof(*wrong, CHECKPOINT)
    with pytest.raises(MalformedProof):
        Proof(0, (), CHECKPOINT, bytes(MOST_EXTRA_BYTES + 1))


def test_the_largest_proof_fits() -> None:
    proof = proof_of(17, bytes(MOST_EXTRA_BYTES))
    assert parse_proof(proof.write()) == proof


def test_another_entry_is_not_proven() -> None:
    with pytest.raises(ProofError):
        verify_proof(PROOF, ENTRIES[18], POLICY)
    with pytest.raises(ProofError):
        verify_proof(Proof(18, PROOF.path, CHECKPOINT), ENTRIES[17], POLICY)
    with pytest.raises(ProofError):
        verify_proof(Proof(17, PROOF.path[:-1], CHECKPOINT), ENTRIES[17], POLICY)


def test_an_inner_node_is_no_entry() -> None:
    inner = b"\x01" + TREE.leaf(0) + TREE.leaf(1)
    with pytest.raises(ProofError):
        verify_proof(Proof(0, tuple(TREE.inclusion(0, 300))[1:], CHECKPOINT), inner[1:], POLICY)


def test_too_few_witnesses_prove_nothing() -> None:
    with pytest.raises(Unsatisfied):
        verify_proof(PROOF, ENTRIES[17], policy_of(3))


def test_a_log_that_did_not_sign_proves_nothing() -> None:
    with pytest.raises((SignatureError, Unsatisfied)):
        verify_proof(PROOF, ENTRIES[17], policy_of(2, ("co", "pe"), log=WITNESSES["cl"]))
