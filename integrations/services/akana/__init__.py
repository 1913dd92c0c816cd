"""Akana API Platform: tickets on the board of its developer portal."""
