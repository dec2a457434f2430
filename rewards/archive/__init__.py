"""Everything as JSON Lines: out of one database, into an empty one, with the same heads (promise 10)."""
