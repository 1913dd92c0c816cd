"""Files of our Onna endpoint: one on each ticket, further ones on resources beside it, by TUS."""

from __future__ import annotations

import io
from typing import IO, Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import gateway
from integrations.gateway import archive, uploads
from integrations.services.onna import bodies, layout, served, tus, values
from integrations.services.onna.door import CREATED, NOTHING, View
from integrations.services.onna.values import WireError

MEMBERS = ("onna_parent_id", "ref", "url")


class Files(View):
    def post(self, request: Request) -> Any:
        """A resource for a further file of a ticket, which its `ref` begins with."""
        said = {name: bodies.text(request.data, name, required=True) for name in MEMBERS}
        said["name"] = bodies.text(request.data, "name")
        layout.folder(self.caller, said["onna_parent_id"])
        try:
            identity = layout.new_file(self.caller, said)
        except Http404:
            words = "ref: begin with the ref of a ticket of the folder, then a slash."
            raise WireError(words, "body", "ref") from None
        owner = _owner(self, identity)
        return {
            "onna_id": identity,
            "onna_url": served.ticket_address(owner, request),
        }, CREATED


class File(View):
    def get(self, request: Request, identity: str) -> Any:
        row = layout.file(self.caller, identity)
        owner = _owner(self, identity)
        return layout.file_item(row, served.ticket_address(owner, request))

    def delete(self, request: Request, identity: str) -> Any:
        layout.file(self.caller, identity)
        _owner(self, identity)
        upload = uploads.find(self.caller, identity)
        if upload is not None and upload.is_done:
            archive.remove_file(self.caller, upload.file)
        layout.forget_file(self.caller, identity)
        return None, NOTHING


class Tus(View):
    """TUS 1.0.0 on a ticket or file resource: the vendor's statuses, the standard's headers."""

    http_method_names = ["head", "post", "patch", "put", "options"]
    parser_classes = (uploads.PieceBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.headers.get("Tus-Resumable", tus.VERSION) != tus.VERSION:
            words = _("Only version %(version)s of TUS is spoken here.")
            raise gateway.Refused(
                412, words % {"version": tus.VERSION}, {"Tus-Version": tus.VERSION}
            )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = tus.VERSION
        return response

    def options(self, request: Request, identity: str) -> Any:
        _owner(self, identity)
        return self._answer(
            NOTHING,
            {
                "Tus-Version": tus.VERSION,
                "Tus-Extension": "creation,creation-defer-length",
                "Tus-Max-Size": str(uploads.most_bytes()),
            },
        )

    def post(self, request: Request, identity: str) -> Any:
        """Begin an upload, or begin it anew."""
        owner = _owner(self, identity)
        length = _length(request)
        if length is None and request.headers.get("Upload-Defer-Length") != "1":
            raise WireError("Upload-Length: is required.", "header", "Upload-Length")
        upload = uploads.begin(self.caller, owner, identity, length=length, said=_said(request))
        return self._answer(200, {"Location": request.build_absolute_uri(), **_reached(upload)})

    def head(self, request: Request, identity: str) -> Any:
        _owner(self, identity)
        upload = uploads.find(self.caller, identity)
        if upload is None:
            raise Http404
        return self._answer(200, _reached(upload))

    def patch(self, request: Request, identity: str) -> Any:
        owner = _owner(self, identity)
        offset = tus.read_size(request.headers, "Upload-Offset")
        if offset is None:
            raise WireError("Upload-Offset: is required.", "header", "Upload-Offset")
        with _piece(request) as piece:
            upload = uploads.append(
                self.caller, owner, identity, piece, offset=offset, length=_length(request)
            )
        return self._answer(200, _reached(upload))

    def put(self, request: Request, identity: str) -> Any:
        """The whole file in one request."""
        owner = _owner(self, identity)
        with _piece(request) as piece:
            length = piece.seek(0, io.SEEK_END)
            announced = int(request.META.get("CONTENT_LENGTH") or 0)
            if length != announced:  # cut: half a file is none
                raise WireError("The body is shorter than its Content-Length.")
            upload = uploads.begin(self.caller, owner, identity, length=length, said=_said(request))
            if not upload.is_done:
                upload = uploads.append(self.caller, owner, identity, piece, offset=0)
        return self._answer(CREATED, _reached(upload))

    def _answer(self, status: int, headers: dict[str, str]) -> Response:
        return Response(None, status, headers=headers)


def _owner(view: View, identity: str) -> Any:
    """The ticket that a resource is, or that its file is to lie on. Raises Http404."""
    if identity.startswith(values.FILE):
        row = layout.file(view.caller, identity)
        return gateway.ticket(view.caller, row.content["ticket"])
    return view.ticket(identity)


def _length(request: Request) -> int | None:
    length = tus.read_size(request.headers, "Upload-Length")
    if length is not None and length > uploads.most_bytes():
        words = _("A file here has at most %(limit)s bytes.")
        raise gateway.Refused(413, words % {"limit": uploads.most_bytes()})
    return length


def _said(request: Request) -> dict[str, str]:
    return tus.read_metadata(request.headers.get("Upload-Metadata", ""))


def _reached(upload: uploads.Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(upload.length)
    if upload.said:
        headers["Upload-Metadata"] = tus.write_metadata(upload.said)
    return headers


def _piece(request: Request) -> IO[bytes]:
    """What came; nothing at all is an empty piece."""
    piece = request.data
    return piece if hasattr(piece, "seek") else io.BytesIO()
