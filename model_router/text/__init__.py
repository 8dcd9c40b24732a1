"""Text as the rest reads it: readings for matching, its language, its length in tokens."""
