"""Signals: rows of data, compiled into automata that read a text in one linear pass."""
