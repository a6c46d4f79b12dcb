"""What the relay decides, as pure functions: no clock, no disk, no network, no waiting."""
