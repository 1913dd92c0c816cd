"""The admin site's navigation: what an administrator sets up, by sections."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def sections(request: HttpRequest) -> list[dict]:
    """Sections of entries; an icon is a name of the sprite."""
    return [
        {
            "items": [
                entry(_("Overview"), "home", "admin:index"),
                listed(_("Tickets"), "rows", "helpdesk_ticket"),
            ],
        },
        {
            "title": _("Channels"),
            "items": [
                listed(_("Queues"), "inbox", "helpdesk_queue"),
                entry(_("Imports"), "upload", "imports"),
            ],
        },
        {
            "title": _("Ticket set-up"),
            "items": [
                listed(_("Statuses"), "check", "helpdesk_status"),
                listed(_("Workflows"), "branch", "helpdesk_workflow"),
                listed(_("Ticket types"), "flag", "helpdesk_tickettype"),
                listed(_("Custom fields"), "sliders", "helpdesk_customfield"),
                listed(_("Tags"), "tag", "helpdesk_tag"),
                listed(_("Canned replies"), "reply", "helpdesk_cannedreply"),
                listed(_("Macros"), "bolt", "helpdesk_macro"),
                listed(_("Tag categories"), "columns", "helpdesk_tagcategory"),
            ],
        },
        {
            "title": _("Integrations"),
            "items": [
                listed(_("Connections"), "plug", "integrations_connection"),
                listed(_("API keys"), "key", "helpdesk_apikey"),
                listed(_("Webhooks"), "bolt", "helpdesk_webhook"),
                listed(_("Deliveries"), "history", "helpdesk_delivery"),
                listed(_("Folders of keys"), "inbox", "integrations_record"),
            ],
        },
        {
            "title": _("Access"),
            "items": [
                listed(_("People"), "user", "helpdesk_user"),
                listed(_("Teams"), "users", "helpdesk_team"),
                listed(_("Organisations"), "globe", "helpdesk_organisation"),
            ],
        },
        {
            "title": _("System"),
            "items": [
                entry(_("What is wrong"), "info", "admin-health"),
                listed(_("Jobs"), "tasks", "helpdesk_job"),
                listed(_("Changes set aside"), "warning", "helpdesk_change"),
            ],
        },
    ]


def entry(title: str, icon: str, name: str) -> dict:
    return {"title": title, "icon": icon, "link": reverse(name)}


def listed(title: str, icon: str, model: str) -> dict:
    """An entry that leads to a model's list."""
    return entry(title, icon, f"admin:{model}_changelist")
