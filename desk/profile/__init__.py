"""A profile: one folder, one identity; enrolled, unlocked, shared on a machine, lost and recovered."""
