"""The server's certificate, and a local authority for trials."""

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from relay.certificates import (
    TRIAL_DAYS,
    CertificateError,
    LocalAuthority,
    certificate_end,
    make_local_authority,
    tls_context,
)
from relay.key_files import write_private

NOW = 1_800_000_000


def written(folder: Path, made: LocalAuthority) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "certificate.key"
    certificate.write_bytes(made.certificate)
    write_private(key, made.key)
    return certificate, key


@pytest.mark.parametrize("host", ["localhost", "relay.enlace.example", "127.0.0.1", "::1"])
def test_a_local_authority_vouches_for_one_host(tmp_path: Path, host: str) -> None:
    made = make_local_authority(host, NOW)
    certificate, _ = written(tmp_path, made)
    end = certificate_end(certificate, host, made.authority, NOW)
    assert abs(end - (NOW + TRIAL_DAYS * 86_400)) <= 3600
    assert certificate_end(certificate, host, b"", NOW) == end
    other = make_local_authority(host, NOW)
    for wrong_host, authority, at, words in (
        ("other.example", made.authority, NOW, "not for other.example"),
        (host, other.authority, NOW, "not vouched for"),
        (host, made.authority, end, "not valid now"),
        (host, made.authority, NOW - 3601, "not valid now"),
    ):
        with pytest.raises(CertificateError, match=words):
            certificate_end(certificate, wrong_host, authority, at)


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "certificate.pem"
    path.write_bytes(content)
    with pytest.raises(CertificateError, match=r"certificate\.pem"):
        certificate_end(path, "localhost", b"", NOW)
    with pytest.raises(CertificateError, match="missing"):
        certificate_end(tmp_path / "missing", "localhost", b"", NOW)


def test_a_key_that_is_another_s_or_open_to_others_is_refused(tmp_path: Path) -> None:
    certificate, key = written(tmp_path, make_local_authority("localhost", NOW))
    assert tls_context(certificate, key).minimum_version == ssl.TLSVersion.TLSv1_3
    key.chmod(0o644)
    with pytest.raises(CertificateError, match="chmod 600"):
        tls_context(certificate, key)
    other = tmp_path / "other"
    other.mkdir()
    _, wrong = written(other, make_local_authority("localhost", NOW))
    with pytest.raises(CertificateError, match="cannot be served with"):
        tls_context(certificate, wrong)


async def test_python_s_strictest_client_believes_the_trial_authority(tmp_path: Path) -> None:
    made = make_local_authority("localhost", int(time.time()))
    server_tls = tls_context(*written(tmp_path, made))
    client_tls = ssl.create_default_context(cadata=made.authority.decode())
    client_tls.verify_flags |= ssl.VERIFY_X509_STRICT
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=server_tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_tls, server_hostname="localhost")
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        writer.close()
