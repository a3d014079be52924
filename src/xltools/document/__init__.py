"""The rooms that know what documents for people are: Word, HTML, text, PDF."""
