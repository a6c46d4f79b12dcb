"""Telling a supervisor (systemd) how the relay is; without one, nothing happens. Source: sd_notify(3)."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1`; a supervisor that does not listen is no reason to fail."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        try:
            channel.connect("\0" + address[1:] if address.startswith("@") else address)
            channel.sendall(state.encode())
        except OSError:
            pass
