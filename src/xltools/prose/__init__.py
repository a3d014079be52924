"""The prose of a return: sentences, quantities, what they refer to, checks against the tables, texts with figures."""
