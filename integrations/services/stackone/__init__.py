"""StackOne's unified ticketing API: called by us, and served by us."""
