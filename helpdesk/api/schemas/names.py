"""The names of choices in the OpenAPI document, where several fields of one name differ.

Read by the settings: imports nothing.
"""

ENUMS = {
    "TextFormatEnum": "helpdesk.models.Format",
    "LinkKindEnum": "helpdesk.models.TicketLink.Kind",
    "ParticipantKindEnum": "helpdesk.models.Participant.Kind",
    "JobStateEnum": "helpdesk.models.Job.State",
    "WebhookStateEnum": "helpdesk.models.Webhook.State",
    "DeliveryStateEnum": "helpdesk.models.Delivery.State",
    "WebhookSettableEnum": ["active", "paused"],
}
