"""What addresses and forms are written in: UTF-8, whatever a call says of its body."""

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """A call whose address is not read by the charset of its `Content-Type`.

    Django does that, and takes any codec of Python for a charset: `latin-1` misreads a search,
    `hex` breaks every page before any code of ours could answer.
    """

    def _set_content_type_params(self, meta: dict) -> None:
        said = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(said)
        except (ValueError, LookupError):  # parameters that nobody else could read either
            kind = said.partition(";")[0].strip().lower()
            self.content_type = meta["CONTENT_TYPE"] = kind
            self.content_params = {}
