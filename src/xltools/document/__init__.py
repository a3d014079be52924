"""Documents for people: published reports read and written, blank forms, filling notes, gathered prose."""
