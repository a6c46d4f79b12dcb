"""The relay's mail: envelopes in, waiting, out; who was told what; attachments. It reads none of it."""
