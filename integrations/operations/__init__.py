"""What one does with a connection that runs: try, fill, compare, repair, look up."""
