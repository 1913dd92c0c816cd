"""The ticket page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from helpdesk.doors.pages import agent
from helpdesk.models import Ticket


@agent
def detail(request: HttpRequest, number: int) -> HttpResponse:
    get_object_or_404(Ticket.objects.visible_to(request.actor), pk=number)
    return redirect("tickets")


@agent
def new(request: HttpRequest) -> HttpResponse:
    return redirect("tickets")
