"""Filings, collections and roll-ups as text, JSON and CSV. Nothing here prints; everything returns text."""
