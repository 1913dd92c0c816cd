"""The nouns."""

from helpdesk.models.base import Stamp
from helpdesk.models.canned import CannedReply
from helpdesk.models.conversation import Attachment, Comment, Recipient
from helpdesk.models.health import Heartbeat
from helpdesk.models.history import (
    Change,
    Job,
    JobRow,
    Lock,
    ReadMark,
    SavedView,
    Source,
)
from helpdesk.models.keys import ApiKey, FaultLab
from helpdesk.models.labels import CustomField, FieldOption, Tag, TagCategory, TicketType
from helpdesk.models.people import (
    Membership,
    Organisation,
    OrganisationDomain,
    Team,
    User,
)
from helpdesk.models.reports import DailyCount, ReportedDay, StatusInterval
from helpdesk.models.requests import RequestKey
from helpdesk.models.tickets import (
    Channel,
    Format,
    Participant,
    Priority,
    Resolution,
    SearchDocument,
    Ticket,
    TicketLink,
)
from helpdesk.models.webhooks import Delivery, DeliveryAttempt, Webhook
from helpdesk.models.workflow import UNRESOLVED, Category, Queue, Status, Transition, Workflow

__all__ = [
    "UNRESOLVED",
    "ApiKey",
    "Attachment",
    "CannedReply",
    "Category",
    "Change",
    "Channel",
    "Comment",
    "CustomField",
    "DailyCount",
    "Delivery",
    "DeliveryAttempt",
    "FaultLab",
    "FieldOption",
    "Format",
    "Heartbeat",
    "Job",
    "JobRow",
    "Lock",
    "Membership",
    "Organisation",
    "OrganisationDomain",
    "Participant",
    "Priority",
    "Queue",
    "ReadMark",
    "Recipient",
    "ReportedDay",
    "RequestKey",
    "Resolution",
    "SavedView",
    "SearchDocument",
    "Source",
    "Stamp",
    "Status",
    "StatusInterval",
    "Tag",
    "TagCategory",
    "Team",
    "Ticket",
    "TicketLink",
    "TicketType",
    "Transition",
    "User",
    "Webhook",
    "Workflow",
]
