"""Safety: which of the actions that a text names it orders, so that a person must see them."""
