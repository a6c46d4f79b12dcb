"""Readiness drills: drawing their hours, sending them, and what the answers say of each authority."""
