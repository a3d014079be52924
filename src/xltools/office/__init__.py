"""The rooms under every Office file: what a zip of parts may be and cost, and how a part's XML is parsed."""
