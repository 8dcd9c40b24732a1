"""Policy: which engines qualify, in which order, and what a request may fall back to."""
