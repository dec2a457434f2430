"""Forums that are connected without code: what they send of their own accord, as events. Pure."""
