"""The addresses of the agent workspace."""

from django.urls import path

from helpdesk.web import accounts, lists, preferences, tickets

urlpatterns = [
    path("", lists.home, name="home"),
    path("admin/login/", accounts.admin_login, name="admin-login"),
    path("preferences/", preferences.preferences, name="preferences"),
    # The list
    path("tickets/", lists.tickets, name="tickets"),
    # The ticket
    path("tickets/new/", tickets.new, name="ticket-new"),
    path("tickets/<int:number>/", tickets.detail, name="ticket"),
]
