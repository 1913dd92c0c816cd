"""Fetching: one process at a mailbox, each message stored before its copy on the server goes."""

from helpdesk.mail.fetching.running import fetch, fetch_due, try_out

__all__ = ["fetch", "fetch_due", "try_out"]
