"""The forms of the ticket page."""
