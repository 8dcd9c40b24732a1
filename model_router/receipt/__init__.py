"""Receipts: a decision as values, reasons and sentences, without the prompt."""
