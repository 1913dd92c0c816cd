"""The admin site's navigation: what an administrator sets up, by sections."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def sections(request: HttpRequest) -> list[dict]:
    """What unfold draws at the side: sections of entries."""
    return [
        {
            "items": [
                entry(_("Overview"), "home", "admin:index"),
                listed(_("Tickets"), "confirmation_number", "helpdesk_ticket"),
            ],
        },
        {
            "title": _("Channels"),
            "items": [
                listed(_("Queues"), "inbox", "helpdesk_queue"),
                entry(_("Imports"), "upload_file", "imports"),
            ],
        },
        {
            "title": _("Ticket set-up"),
            "items": [
                listed(_("Statuses"), "adjust", "helpdesk_status"),
                listed(_("Workflows"), "account_tree", "helpdesk_workflow"),
                listed(_("Ticket types"), "category", "helpdesk_tickettype"),
                listed(_("Custom fields"), "tune", "helpdesk_customfield"),
                listed(_("Tags"), "sell", "helpdesk_tag"),
                listed(_("Tag categories"), "palette", "helpdesk_tagcategory"),
            ],
        },
        {
            "title": _("Integrations"),
            "items": [
                listed(_("Connections"), "sync_alt", "integrations_connection"),
                listed(_("API keys"), "key", "helpdesk_apikey"),
            ],
        },
        {
            "title": _("Access"),
            "items": [
                listed(_("People"), "person", "helpdesk_user"),
                listed(_("Teams"), "group", "helpdesk_team"),
                listed(_("Organisations"), "domain", "helpdesk_organisation"),
            ],
        },
        {
            "title": _("System"),
            "items": [
                entry(_("What is wrong"), "monitor_heart", "admin-health"),
                listed(_("Jobs"), "manufacturing", "helpdesk_job"),
                listed(_("Changes set aside"), "error", "helpdesk_change"),
            ],
        },
    ]


def entry(title: str, icon: str, name: str) -> dict:
    return {"title": title, "icon": icon, "link": reverse(name)}


def listed(title: str, icon: str, model: str) -> dict:
    """An entry that leads to a model's list."""
    return entry(title, icon, f"admin:{model}_changelist")
