"""Tickets from a CSV file: read, mapped, tried, and opened in the background."""
