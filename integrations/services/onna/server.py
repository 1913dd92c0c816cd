"""Onna's API, served by us at `/compat/onna/v1/`.

A key is a client: its uuid is the client id, its secret the client secret. Its first folder lies
in its home queue. Where the reference is silent: a second ticket of the same folder and reference
is the first one with new content; our own internal notes are never shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.urls import path, re_path
from django.utils.translation import gettext as _
from rest_framework.parsers import FormParser
from rest_framework.request import Request

from integrations import gateway
from integrations.gateway import archive, folders, tokens
from integrations.gateway.caller import door_of
from integrations.gateway.door import admit
from integrations.services.onna import bodies, envelopes, layout, served, values
from integrations.services.onna.door import CREATED, DIALECT, NOTHING, Open, View
from integrations.services.onna.files import File, Files, Tus
from integrations.services.onna.values import WireError

SECONDS = 3599  # that a token lives

# Signing in --------------------------------------------------------------------------------------


class Token(Open):
    """A key's uuid and secret for a token. It counts as a call of the key."""

    parser_classes = (FormParser,)
    speaks_framework = True

    def post(self, request: Request) -> Any:
        form = request.data
        client_id, secret = (bodies.text(form, name) for name in ("client_id", "client_secret"))
        for name, value in (("client_id", client_id), ("client_secret", secret)):
            if not value:
                words = f"{name}: is required."
                raise WireError(words, "body", name, kind="value_error.missing")
        if bodies.text(form, "grant_type") not in ("", "client_credentials"):
            raise WireError("grant_type: use client_credentials.", "body", "grant_type")
        found: list[Any] = []

        def signed_in(handed_in: str, door: str) -> Any:
            found[:] = filter(None, [tokens.signed_in(client_id, handed_in, door)])
            return found[0] if found else None

        dialect = replace(DIALECT, secret=lambda _: secret, credential=signed_in, writes=False)
        admit(request, dialect)
        token = tokens.hand_out(found[0].key, door_of(DIALECT.service), seconds=SECONDS)
        return {"access_token": token, "expires_in": SECONDS, "token_type": "bearer"}


class User(View):
    speaks_framework = True

    def get(self, request: Request) -> Any:
        key = self.caller.key
        return {
            "account_id": str(self.caller.queue.uuid),
            "id": str(key.uuid),
            "name": key.name,
            "surname": "",
        }


class Health(Open):
    def get(self, request: Request) -> Any:
        return {"status": "pass", "version": "v1", "release_id": "1.0.0"}


# Workspaces, folders, custom fields --------------------------------------------------------------


class Workspaces(View):
    kind = layout.WORKSPACE

    def get(self, request: Request) -> Any:
        cursor = gateway.query(request).get("cursor", "")
        return layout.page(self.caller, self.kind, cursor)

    def post(self, request: Request) -> Any:
        said = {"name": bodies.text(request.data, "name", required=True), **_described(request)}
        return {"onna_id": layout.new_workspace(self.caller, said)}, CREATED


class Workspace(View):
    def get(self, request: Request, identity: str) -> Any:
        return layout.workspace_item(layout.workspace(self.caller, identity))

    def patch(self, request: Request, identity: str) -> Any:
        said = _described(request)
        if "name" in request.data:
            said["name"] = bodies.text(request.data, "name", required=True)
        layout.change_workspace(self.caller, identity, said)
        return None, NOTHING

    def delete(self, request: Request, identity: str) -> Any:
        layout.delete_workspace(self.caller, identity)
        return None, NOTHING


class Folders(View):
    speaks_framework = True

    def post(self, request: Request) -> Any:
        name, parent = (
            bodies.text(request.data, member, required=True)
            for member in ("name", "onna_parent_id")
        )
        return {"onna_id": layout.new_folder(self.caller, name, parent)}, CREATED


class Folder(View):
    def get(self, request: Request, identity: str) -> Any:
        return layout.folder_item(layout.folder(self.caller, identity))

    def patch(self, request: Request, identity: str) -> Any:
        name = bodies.text(request.data, "name", required=True)
        layout.rename_folder(self.caller, identity, name)
        return None, NOTHING

    def delete(self, request: Request, identity: str) -> Any:
        layout.delete_folder(self.caller, identity)
        return None, NOTHING


class Fields(View):
    """Custom fields, which workspaces have and tickets have not."""

    def get(self, request: Request) -> Any:
        cursor = gateway.query(request).get("cursor", "")
        return layout.page(self.caller, layout.FIELD, cursor)

    def post(self, request: Request) -> Any:
        said = {"name": bodies.text(request.data, "name", required=True)}
        said |= {"type": bodies.text(request.data, "type")}
        return {"onna_id": layout.new_field(self.caller, said)}, CREATED


class WorkspaceFields(View):
    """The values that a workspace has in the custom fields of its key."""

    def get(self, request: Request, identity: str) -> Any:
        return envelopes.write_page(layout.field_values(self.caller, identity))


class WorkspaceField(View):
    def get(self, request: Request, identity: str, field: str) -> Any:
        return layout.field_value(self.caller, identity, field)

    def patch(self, request: Request, identity: str, field: str) -> Any:
        value = bodies.text(request.data, "value", required=True)
        layout.set_field_value(self.caller, identity, field, value)
        return None, NOTHING


# Tickets -----------------------------------------------------------------------------------------


class Tickets(View):
    def post(self, request: Request) -> Any:
        said = bodies.read_ticket(request.data)
        layout.folder(self.caller, said["onna_parent_id"])
        caller = folders.at(self.caller, said["onna_parent_id"])
        ticket = archive.store(caller, served.arrival_in(said))
        return {
            "onna_id": values.write_id(values.TICKET, ticket.uuid),
            "onna_url": served.ticket_address(ticket, request),
        }, CREATED


class Ticket(View):
    def get(self, request: Request, identity: str) -> Any:
        return served.ticket_item(self.caller, self.ticket(identity), request)

    def delete(self, request: Request, identity: str) -> Any:
        gateway.delete(self.caller, self.ticket(identity))
        return None, NOTHING


# Others ------------------------------------------------------------------------------------------


class Unknown(gateway.Unknown, View):
    pass


class WrongVersion(Open):
    def refuse(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise gateway.Refused(400, _("This version is not served. Use v1."))

    get = post = put = patch = delete = refuse


def _described(request: Request) -> dict[str, Any]:
    """What a workspace is further said to be."""
    said: dict[str, Any] = {}
    if "description" in request.data:
        said["description"] = bodies.text(request.data, "description")
    if "tags" in request.data:
        said["tags"] = bodies.texts(request.data, "tags", bodies.MAX_WORKSPACE_TAGS)
    return said


BASE = "v1/"
urlpatterns = [
    path(f"{BASE}oauth/token", Token.as_view()),
    path(f"{BASE}oauth/user", User.as_view()),
    path(f"{BASE}health", Health.as_view()),
    path(f"{BASE}workspaces", Workspaces.as_view()),
    path(f"{BASE}workspaces/<str:identity>", Workspace.as_view()),
    path(f"{BASE}workspaces/<str:identity>/customFields", WorkspaceFields.as_view()),
    path(f"{BASE}workspaces/<str:identity>/customFields/<str:field>", WorkspaceField.as_view()),
    path(f"{BASE}customFields", Fields.as_view()),
    path(f"{BASE}folders", Folders.as_view()),
    path(f"{BASE}folders/<str:identity>", Folder.as_view()),
    path(f"{BASE}resources/tickets", Tickets.as_view()),
    path(f"{BASE}resources/tickets/<str:identity>", Ticket.as_view()),
    path(f"{BASE}resources/files", Files.as_view()),
    path(f"{BASE}resources/files/<str:identity>", File.as_view()),
    path(f"{BASE}upload/<str:identity>/tus", Tus.as_view()),
    re_path(r"^v1(?:/|$)", Unknown.as_view()),
    re_path(r"^", WrongVersion.as_view()),
]
