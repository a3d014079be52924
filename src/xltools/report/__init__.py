"""Filings, collections and roll-ups as text, JSON, CSV, HTML and workbooks. Nothing here prints."""
