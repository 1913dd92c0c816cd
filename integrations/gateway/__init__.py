"""What the served APIs share: key → caller, verbs, lists, files, and failures in words.

A service's `server.py` translates with its own `wire` and calls what is named here. It declares a
`Dialect`, views on `ServedView` and `urlpatterns`, which are found by its folder's name.
"""

from helpdesk.doors.keys import IN_HEADER, bearer_in
from integrations.gateway.caller import Caller
from integrations.gateway.comments import (
    comment_of,
    comments_page,
    delete_comment,
    edit_comment,
    edited_at,
)
from integrations.gateway.conversation import (
    Activity,
    FieldChange,
    activities,
    activity_files,
    read_comment,
)
from integrations.gateway.deleting import delete
from integrations.gateway.door import Dialect, ServedView, Unknown, query, query_lists
from integrations.gateway.errors import Refused
from integrations.gateway.files import keep as keep_files
from integrations.gateway.files import of_comment as files_of
from integrations.gateway.files import read as read_file
from integrations.gateway.files import shown as files_shown
from integrations.gateway.instance import (
    agents,
    custom_fields,
    options_of,
    statuses,
    tag_ids,
    tag_names,
    tags,
    type_names,
)
from integrations.gateway.lists import (
    Page,
    Wanted,
    page_of,
    read_token,
    write_token,
    wrong_token,
)
from integrations.gateway.parsers import FilesBody, JSONBody
from integrations.gateway.queues import in_queue, queues
from integrations.gateway.reading import is_uuid, parents, read, read_all, ticket
from integrations.gateway.saying import comment
from integrations.gateway.users import assignee, user
from integrations.gateway.writing import attach, categorise, change, create, set_status

__all__ = [
    "IN_HEADER",
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
    "assignee",
    "attach",
    "bearer_in",
    "categorise",
    "change",
    "comment",
    "comment_of",
    "comments_page",
    "create",
    "custom_fields",
    "delete",
    "delete_comment",
    "edit_comment",
    "edited_at",
    "files_of",
    "files_shown",
    "in_queue",
    "is_uuid",
    "keep_files",
    "options_of",
    "page_of",
    "parents",
    "query",
    "query_lists",
    "queues",
    "read",
    "read_all",
    "read_comment",
    "read_file",
    "read_token",
    "set_status",
    "statuses",
    "tag_ids",
    "tag_names",
    "tags",
    "ticket",
    "type_names",
    "user",
    "write_token",
    "wrong_token",
]
