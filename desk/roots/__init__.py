"""What root keys sign, on machines that are never online, and what a desk makes of it."""
