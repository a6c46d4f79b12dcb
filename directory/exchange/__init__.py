"""Contacts in and out: CSV, vCard, jCard, JSContact, JSON, printed sheets."""
