"""Onna Platform API 1.1, the ingestion of tickets: an archive that is written and hardly read."""
