"""Builders and strategies that several test files share."""
