"""A form is data: its definition, the identities between its cells, and where each cell sits."""
