"""A year's collection: its settings, rosters and inbox, reading, issuing, merging and proving."""
