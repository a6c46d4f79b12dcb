"""`enlace demo`: the whole story on one machine, with real processes, real TLS and real files."""
