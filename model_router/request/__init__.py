"""Requests: prompts, chat bodies and hints, read into what is wanted and what comes with it."""
