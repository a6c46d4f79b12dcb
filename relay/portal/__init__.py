"""The portal: look-ups in a browser (docs/portal.md)."""
