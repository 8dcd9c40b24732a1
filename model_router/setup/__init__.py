"""The setup assistant: what this machine is, which models it has, and a config made of them."""
