"""What the served APIs share: key → caller, verbs, lists, files, and failures in words.

A service's `server.py` translates with its own `wire` and calls what is named here. It declares a
`Dialect`, views on `ServedView` and `urlpatterns`, which are found by its folder's name.
"""

from integrations.gateway.caller import Caller
from integrations.gateway.conversation import (
    Activity,
    FieldChange,
    activities,
    activity_files,
    read_comment,
)
from integrations.gateway.door import Dialect, ServedView, Unknown, query
from integrations.gateway.errors import Refused
from integrations.gateway.files import keep as keep_files
from integrations.gateway.files import of_comment as files_of
from integrations.gateway.files import read as read_file
from integrations.gateway.files import shown as files_shown
from integrations.gateway.instance import agents, custom_fields, options_of, statuses, tags
from integrations.gateway.lists import Page, Wanted, page_of
from integrations.gateway.parsers import FilesBody, JSONBody
from integrations.gateway.reading import read, read_all, ticket
from integrations.gateway.writing import attach, categorise, change, comment, create, set_status

__all__ = [
    "Activity",
    "Caller",
    "Dialect",
    "FieldChange",
    "FilesBody",
    "JSONBody",
    "Page",
    "Refused",
    "ServedView",
    "Unknown",
    "Wanted",
    "activities",
    "activity_files",
    "agents",
    "attach",
    "categorise",
    "change",
    "comment",
    "create",
    "custom_fields",
    "files_of",
    "files_shown",
    "keep_files",
    "options_of",
    "page_of",
    "query",
    "read",
    "read_all",
    "read_comment",
    "read_file",
    "set_status",
    "statuses",
    "tags",
    "ticket",
]
