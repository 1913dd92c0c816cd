"""What stands around every page of the workspace: navigation, counts and the person's look."""

from django.http import HttpRequest


class Shell:
    """Filled when a template asks; a page without an agent has none of it."""

    def __init__(self, request: HttpRequest):
        self.actor = getattr(request, "actor", None)
        self.preferences = request.user.preferences if self.actor else {}

    @property
    def density(self) -> str:
        return self.preferences.get("density", "")


def shell(request: HttpRequest) -> dict:
    """Context processor: `shell` for base.html."""
    return {"shell": Shell(request)}
