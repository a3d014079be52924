"""The rooms that know what an .xlsx file is: one writes, one scans, one patches; reading gives the facts meaning."""
