"""`enlace relay certificate`: the certificate the relay serves with, and the relay's own trial authority, renewed."""

import click


@click.group(short_help="Renew the certificate, or the trial authority.")
def certificate() -> None:
    """Renew the certificate that the relay serves with, or the relay's own trial authority."""
