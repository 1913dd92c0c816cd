"""The names of choices in the OpenAPI document, where several fields of one name differ.

Read by the settings: imports nothing.
"""

ENUMS = {
    "TextFormatEnum": "helpdesk.models.Format",
    "LinkKindEnum": "helpdesk.models.TicketLink.Kind",
    "ParticipantKindEnum": "helpdesk.models.Participant.Kind",
    "JobStateEnum": "helpdesk.models.Job.State",
    "WebhookStateEnum": "helpdesk.models.Webhook.State",
    "MailboxProviderEnum": "helpdesk.models.Mailbox.Provider",
    "GrantProviderEnum": "helpdesk.models.MailGrant.Provider",
    "MailSecurityEnum": "helpdesk.models.Mailbox.Security",
    "MessageStateEnum": "helpdesk.models.StoredMessage.State",
    "MailStateEnum": ["waiting", "sending", "sent", "failed", "dropped", "bounced"],
    "RecipientKindEnum": "helpdesk.models.Recipient.Kind",
    "DeliveryStateEnum": "helpdesk.models.Delivery.State",
    "CustomFieldKindEnum": "helpdesk.models.CustomField.Kind",
    "SettingChangeKindEnum": "helpdesk.models.SettingChange.Kind",
    "StatusCategoryEnum": "helpdesk.models.Category",
    "WebhookSettableEnum": ["active", "paused"],
}
