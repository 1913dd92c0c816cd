"""The addresses of the ticket page."""

from django.urls import path

from helpdesk.web import attachments, composer, merging, properties, related, tickets

urlpatterns = [
    path("tickets/new/", tickets.new, name="ticket-new"),
    path("tickets/trash/", tickets.trash, name="trash"),
    path("tickets/<int:number>/", tickets.detail, name="ticket"),
    path("tickets/<int:number>/comments/", composer.comments, name="ticket-comments"),
    path("tickets/<int:number>/comments/<uuid:uuid>/", composer.edit, name="comment-edit"),
    path(
        "tickets/<int:number>/comments/<uuid:uuid>/redaction/",
        composer.redact,
        name="comment-redact",
    ),
    path("tickets/<int:number>/properties/", properties.change, name="ticket-change"),
    path("tickets/<int:number>/description/", tickets.description, name="ticket-description"),
    path(
        "tickets/<int:number>/transitions/<int:transition>/",
        properties.transition,
        name="ticket-transition",
    ),
    path("tickets/<int:number>/following/", tickets.follow, name="ticket-follow"),
    path("tickets/<int:number>/links/", related.links, name="ticket-links"),
    path("tickets/<int:number>/links/<int:other>/removal/", related.unlink, name="ticket-unlink"),
    path("tickets/<int:number>/people/removal/", related.person, name="ticket-person-remove"),
    path("tickets/<int:number>/history/", related.history, name="ticket-history"),
    path("tickets/<int:number>/attachments/", attachments.attach, name="ticket-attach"),
    path("tickets/<int:number>/merging/", merging.merge, name="ticket-merge"),
    path("tickets/<int:number>/unmerging/", merging.unmerge, name="ticket-unmerge"),
    path("tickets/<int:number>/splitting/", merging.split, name="ticket-split"),
    path("tickets/<int:number>/deletion/", tickets.delete, name="ticket-delete"),
    path("tickets/<int:number>/restoration/", tickets.restore, name="ticket-restore"),
    path("attachments/<uuid:uuid>/", attachments.attachment, name="attachment"),
    path("attachments/<uuid:uuid>/removal/", attachments.remove, name="attachment-remove"),
]
