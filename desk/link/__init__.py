"""The way to the relay: proofs and sessions, HTTP and the stream, and what their failures mean."""
