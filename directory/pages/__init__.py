"""The look-up pages: what stands on them, in four languages."""
