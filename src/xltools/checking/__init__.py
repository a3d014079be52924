"""The checks: of one filing, and of a whole collection."""
