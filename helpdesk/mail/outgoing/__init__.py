"""Mail that leaves: what is to be sent, in which words, by which server, and what became of it."""
