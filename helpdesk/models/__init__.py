"""The nouns."""

from helpdesk.models.audit import SettingChange
from helpdesk.models.base import Stamp
from helpdesk.models.canned import CannedReply
from helpdesk.models.checklists import ChecklistItem
from helpdesk.models.conversation import Attachment, Comment, Recipient
from helpdesk.models.drafts import Draft, Mention
from helpdesk.models.field_rules import FieldOrder, FieldRule
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
from helpdesk.models.macros import Macro
from helpdesk.models.mail import (
    Mailbox,
    MailReference,
    RawMessage,
    SenderRule,
    StoredMessage,
)
from helpdesk.models.mail_grants import MailGrant
from helpdesk.models.outgoing import MailSending, MailTemplate, Notification, OutgoingMail
from helpdesk.models.people import (
    Membership,
    Organisation,
    OrganisationDomain,
    Team,
    User,
)
from helpdesk.models.presence import Presence
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
from helpdesk.models.time_spent import TimeSpent
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
    "ChecklistItem",
    "Comment",
    "CustomField",
    "DailyCount",
    "Delivery",
    "DeliveryAttempt",
    "Draft",
    "FaultLab",
    "FieldOption",
    "FieldOrder",
    "FieldRule",
    "Format",
    "Heartbeat",
    "Job",
    "JobRow",
    "Lock",
    "Macro",
    "MailGrant",
    "MailReference",
    "MailSending",
    "MailTemplate",
    "Mailbox",
    "Membership",
    "Mention",
    "Notification",
    "Organisation",
    "OrganisationDomain",
    "OutgoingMail",
    "Participant",
    "Presence",
    "Priority",
    "Queue",
    "RawMessage",
    "ReadMark",
    "Recipient",
    "ReportedDay",
    "RequestKey",
    "Resolution",
    "SavedView",
    "SearchDocument",
    "SenderRule",
    "SettingChange",
    "Source",
    "Stamp",
    "Status",
    "StatusInterval",
    "StoredMessage",
    "Tag",
    "TagCategory",
    "Team",
    "Ticket",
    "TicketLink",
    "TicketType",
    "TimeSpent",
    "Transition",
    "User",
    "Webhook",
    "Workflow",
]
