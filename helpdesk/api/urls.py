"""The addresses of the REST API."""

from django.urls import include, path, re_path

from helpdesk.api import (
    activities,
    attachments,
    bulk,
    by_source,
    canned,
    comments,
    configured,
    connections,
    docs,
    field_rules,
    forwarding,
    imports,
    instance,
    jobs,
    keys,
    labelling,
    macros,
    mail,
    mailboxes,
    members,
    merging,
    odata,
    outgoing,
    people,
    relations,
    reporting,
    sandbox,
    tag_categories,
    tags,
    tickets,
    transitions,
    views,
    webhooks,
    workflows,
    working,
)
from helpdesk.api.missing import elsewhere

app_name = "api"

ticket = [
    path("", tickets.OneTicket.as_view(), name="ticket"),
    path("restore/", tickets.RestoredTicket.as_view(), name="restore"),
    path("merge/", merging.Merged.as_view(), name="merge"),
    path("unmerge/", merging.Unmerged.as_view(), name="unmerge"),
    path("split/", merging.Split.as_view(), name="split"),
    path("snooze/", working.Snoozed.as_view(), name="snooze"),
    path("checklist/", working.Checklist.as_view(), name="checklist"),
    path("checklist/<str:step>/", working.OneStep.as_view(), name="step"),
    path("time/", working.Times.as_view(), name="times"),
    path("time/<str:entry>/", working.OneTime.as_view(), name="time"),
    path("comments/move/", working.MovedComments.as_view(), name="move-comments"),
    path("tags/", labelling.TicketTags.as_view(), name="ticket-tags"),
    path("children/", labelling.Children.as_view(), name="children"),
    path("transitions/", transitions.Transitions.as_view(), name="transitions"),
    path("comments/", comments.Comments.as_view(), name="comments"),
    path("comments/<str:comment_ref>/", comments.OneComment.as_view(), name="comment"),
    path("comments/<str:comment_ref>/redact/", comments.RedactedComment.as_view(), name="redact"),
    path(
        "comments/<str:comment_ref>/forward/",
        forwarding.ForwardedComment.as_view(),
        name="forward-comment",
    ),
    path("forward/", forwarding.ForwardedOpening.as_view(), name="forward-opening"),
    path("comments/<str:comment_ref>/mail/", outgoing.MailOfComment.as_view(), name="comment-mail"),
    path(
        "comments/<str:comment_ref>/mail/<str:mail>/resend/",
        outgoing.ResentMail.as_view(),
        name="comment-mail-resend",
    ),
    path("mail/", outgoing.MailOfOpening.as_view(), name="ticket-mail"),
    path("mail/<str:mail>/resend/", outgoing.ResentOpening.as_view(), name="ticket-mail-resend"),
    path("attachments/", attachments.Attachments.as_view(), name="attachments"),
    path("activities/", activities.Activities.as_view(), name="activities"),
    path("links/", relations.Links.as_view(), name="links"),
    path("links/<int:link>/", relations.OneLink.as_view(), name="link"),
    path("followers/", relations.Followers.as_view(), name="followers"),
    path("followers/<int:person>/", relations.OneFollower.as_view(), name="follower"),
]

webhook = [
    path("", webhooks.OneWebhook.as_view(), name="webhook"),
    path("rotate-secret/", webhooks.RotatedWebhook.as_view(), name="webhook-rotate"),
    path("test/", webhooks.TestedWebhook.as_view(), name="webhook-test"),
    path("replay/", webhooks.ReplayedWebhook.as_view(), name="webhook-replay"),
    path("deliveries/", webhooks.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<str:delivery_ref>/", webhooks.OneDelivery.as_view(), name="delivery"),
    path(
        "deliveries/<str:delivery_ref>/replay/",
        webhooks.ReplayedDelivery.as_view(),
        name="delivery-replay",
    ),
]

reports = [
    path("", reporting.Index.as_view(), name="reporting"),
    path("gone/", reporting.GoneReport.as_view(), name="reporting-gone"),
    path("tickets/", reporting.TicketsReport.as_view(), name="reporting-tickets"),
    path(
        "status-intervals/",
        reporting.StatusIntervalsReport.as_view(),
        name="reporting-status-intervals",
    ),
    path("comments/", reporting.CommentsReport.as_view(), name="reporting-comments"),
    path("daily/", reporting.DailyReport.as_view(), name="reporting-daily"),
]

in_odata = [
    path("", odata.Service.as_view(), name="odata"),
    path("$metadata", odata.Metadata.as_view(), name="odata-metadata"),
    path("<str:entity_set>", odata.EntitySet.as_view(), name="odata-set"),
    path("<str:entity_set>/$count", odata.Count.as_view(), name="odata-count"),
]

connection = [
    path("", connections.OneConnection.as_view(), name="connection"),
    path("links/", connections.ConnectionLinks.as_view(), name="connection-links"),
    path("pause/", connections.PausedConnection.as_view(), name="connection-pause"),
    path("resume/", connections.ResumedConnection.as_view(), name="connection-resume"),
    path("retry/", connections.RetriedConnection.as_view(), name="connection-retry"),
]

mailbox = [
    path("", mailboxes.OneMailbox.as_view(), name="mailbox"),
    path("test/", mailboxes.TestedMailbox.as_view(), name="mailbox-test"),
    path("pause/", mailboxes.PausedMailbox.as_view(), name="mailbox-pause"),
    path("resume/", mailboxes.ResumedMailbox.as_view(), name="mailbox-resume"),
    path("door/", mailboxes.RenewedDoor.as_view(), name="mailbox-door"),
    path("sign-in/", mailboxes.SignIn.as_view(), name="mailbox-sign-in"),
]

in_mail = [
    path("messages/", mail.Messages.as_view(), name="mail-messages"),
    path("messages/<str:ref>/", mail.OneMessage.as_view(), name="mail-message"),
    path("messages/<str:ref>/source/", mail.SourceOfMessage.as_view(), name="mail-source"),
    path("messages/<str:ref>/release/", mail.ReleasedMessage.as_view(), name="mail-release"),
    path("messages/<str:ref>/retry/", mail.RetriedMessage.as_view(), name="mail-retry"),
    path("messages/<str:ref>/discard/", mail.DiscardedMessage.as_view(), name="mail-discard"),
    path("messages/<str:ref>/approve/", mail.ApprovedMessage.as_view(), name="mail-approve"),
    path("senders/", mail.Senders.as_view(), name="mail-senders"),
    path("senders/<str:ref>/", mail.OneSender.as_view(), name="mail-sender"),
    path("templates/", mail.Templates.as_view(), name="mail-templates"),
    path("templates/<str:kind>/", mail.OneTemplate.as_view(), name="mail-template"),
]

v1 = [  # tried in this order
    path("tickets/", tickets.Tickets.as_view(), name="tickets"),
    path("tickets/gone/", tickets.GoneTickets.as_view(), name="gone"),
    path("tickets/bulk/", bulk.BulkTickets.as_view(), name="bulk"),
    path(
        "tickets/by-source/<str:source>/<path:source_ref>/",
        by_source.TicketAtSource.as_view(),
        name="by-source",
    ),
    path("tickets/<str:ref>/", include(ticket)),
    path("comments/", comments.EveryComment.as_view(), name="all-comments"),
    path("schema/", docs.schema, name="schema"),
    path("docs/", docs.docs, name="docs"),
    path("me/", people.Me.as_view(), name="me"),
    path("instance/", instance.Instance.as_view(), name="instance"),
    path("views/", views.Views.as_view(), name="views"),
    path("views/<str:ref>/", views.OneSavedView.as_view(), name="view"),
    path("views/<str:ref>/tickets/", views.ViewTickets.as_view(), name="view-tickets"),
    path("canned-replies/", canned.CannedReplies.as_view(), name="canned-replies"),
    path("canned-replies/<str:ref>/", canned.OneCannedReply.as_view(), name="canned-reply"),
    path("macros/", macros.Macros.as_view(), name="macros"),
    path("macros/<str:ref>/", macros.OneMacro.as_view(), name="macro"),
    path("connections/", connections.Connections.as_view(), name="connections"),
    path("connections/<str:ref>/", include(connection)),
    path("sandbox/reset/", sandbox.ResetSandbox.as_view(), name="sandbox-reset"),
    path("change-sets/<uuid:change_set>/undo/", bulk.UndoneChangeSet.as_view(), name="undo"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/<uuid:uuid>/", imports.OneImport.as_view(), name="import"),
    path("imports/<uuid:uuid>/try/", imports.TriedImport.as_view(), name="import-try"),
    path("imports/<uuid:uuid>/start/", imports.StartedImport.as_view(), name="import-start"),
    path("imports/<uuid:uuid>/pause/", imports.PausedImport.as_view(), name="import-pause"),
    path("imports/<uuid:uuid>/rows/", imports.ImportRows.as_view(), name="import-rows"),
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:uuid>/", jobs.OneJob.as_view(), name="job"),
    path("jobs/<uuid:uuid>/results/", jobs.JobResults.as_view(), name="job-results"),
    path("attachments/", attachments.Uploads.as_view(), name="uploads"),
    path("attachments/<uuid:uuid>/", attachments.OneAttachment.as_view(), name="attachment"),
    path("keys/", keys.Keys.as_view(), name="keys"),
    path("keys/<str:ref>/", keys.OneKey.as_view(), name="key"),
    path("keys/<str:ref>/rotate/", keys.RotatedKey.as_view(), name="key-rotate"),
    path("keys/<str:ref>/end-overlap/", keys.EndedOverlap.as_view(), name="key-end-overlap"),
    path("keys/<str:ref>/sandbox/", keys.KeyInSandbox.as_view(), name="key-sandbox"),
    path("tags/", tags.Tags.as_view(), name="tags"),
    path("tags/<str:ref>/", tags.OneTag.as_view(), name="tag"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<str:ref>/", include(webhook)),
    path("mailboxes/", mailboxes.Mailboxes.as_view(), name="mailboxes"),
    path("mailboxes/<str:ref>/", include(mailbox)),
    path("mail/", include(in_mail)),
    path("reporting/", include(reports)),
    path("odata/", include(in_odata)),
    path("users/", people.Users.as_view(), name="users"),
    path("users/<str:ref>/", people.OneUser.as_view(), name="user"),
    path("users/<str:ref>/erase/", people.ErasedUser.as_view(), name="user-erase"),
    path("organisations/", people.Organisations.as_view(), name="organisations"),
    path("organisations/<str:ref>/", people.OneOrganisation.as_view(), name="organisation"),
]

CONFIGURED = {
    "statuses": (configured.Statuses, configured.OneStatus),
    "types": (configured.TicketTypes, configured.OneTicketType),
    "teams": (configured.Teams, configured.OneTeam),
    "workflows": (workflows.Workflows, workflows.OneWorkflow),
    "queues": (configured.Queues, configured.OneQueue),
    "tag-categories": (tag_categories.TagCategories, tag_categories.OneTagCategory),
    "custom-fields": (configured.CustomFields, configured.OneCustomField),
}
ORDERED = {
    "statuses": configured.OrderedStatuses,
    "types": configured.OrderedTypes,
    "queues": configured.OrderedQueues,
    "custom-fields": configured.OrderedFields,
    "tag-categories": tag_categories.OrderedTagCategories,
}
REPLACED = {
    "statuses": configured.ReplacedStatus,
    "types": configured.ReplacedType,
    "teams": configured.ReplacedTeam,
    "tags": tags.ReplacedTag,
}
v1 += [path(f"{noun}/order/", one.as_view(), name=f"{noun}-order") for noun, one in ORDERED.items()]
v1 += [
    path(f"{noun}/<str:ref>/replace/", one.as_view(), name=f"{noun}-replace")
    for noun, one in REPLACED.items()
]
v1 += [
    path("teams/<str:ref>/members/", members.Members.as_view(), name="members"),
    path("teams/<str:ref>/members/<int:person>/", members.OneMember.as_view(), name="member"),
    path(
        "custom-fields/<str:ref>/options/<int:option>/replace/",
        members.ReplacedOption.as_view(),
        name="option-replace",
    ),
    path("field-rules/", field_rules.FieldRules.as_view(), name="field-rules"),
    path("field-rules/<str:ref>/", field_rules.OneFieldRule.as_view(), name="field-rule"),
    path("field-orders/", field_rules.FieldOrders.as_view(), name="field-orders"),
    path("setting-changes/", members.SettingChanges.as_view(), name="setting-changes"),
]
for noun, (rows, row) in CONFIGURED.items():
    v1 += [
        path(f"{noun}/", rows.as_view(), name=noun),
        path(f"{noun}/<str:ref>/", row.as_view(), name=f"{noun}-one"),
    ]

urlpatterns = [
    path("v1/", include(v1)),
    re_path(r"^", elsewhere, name="missing"),
]
