"""What all Office files have in common: zips of parts within limits, relations, and the parsing of XML."""
