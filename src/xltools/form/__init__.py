"""Forms: their definitions, the identities between their cells, and the places of cells in workbooks."""
