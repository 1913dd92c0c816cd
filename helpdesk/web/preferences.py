"""One's own preferences."""

from django.http import HttpRequest, HttpResponse

from helpdesk.doors.pages import agent, respond


@agent
def preferences(request: HttpRequest) -> HttpResponse:
    return respond(request, "preferences/edit.html", "form")
