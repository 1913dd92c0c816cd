"""Apideck's unified issue tracking."""
