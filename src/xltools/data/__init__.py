"""What is collected: agencies, records, filings, findings. Nothing here knows a file format."""
