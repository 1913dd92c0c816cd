"""The addresses of mail that came in."""

from django.urls import path

from helpdesk.mail import door, mailbox_pages, pages, sign_in_pages
from helpdesk.mail.outgoing import open_pages, setting_pages

urlpatterns = [
    path("mail/sending/", setting_pages.listed, name="mail-sending"),
    path("mail/templates/<slug:kind>/", setting_pages.template, name="mail-template"),
    path(
        "mail/templates/<slug:kind>/reset/",
        setting_pages.back_to_ours,
        name="mail-template-reset",
    ),
    path("mail/mailboxes/<uuid:uuid>/sending/", setting_pages.speaking, name="mailbox-sending"),
    path("mail/files/<str:token>/", open_pages.file, name="mail-file"),
    path("mail/leave/<str:token>/", open_pages.leave, name="mail-leave"),
    path("mail/", pages.listed, name="mail-messages"),
    path("mail/messages/<uuid:uuid>/", pages.one, name="mail-message"),
    path("mail/messages/<uuid:uuid>/source/", pages.source, name="mail-source"),
    path("mail/messages/<uuid:uuid>/html/", pages.designed, name="mail-designed"),
    path("mail/messages/<uuid:uuid>/decision/", pages.decide, name="mail-decide"),
    path("mail/messages/<uuid:uuid>/approval/", pages.approve, name="mail-approve"),
    path("mail/mailboxes/", mailbox_pages.listed, name="mailboxes"),
    path("mail/mailboxes/new/", mailbox_pages.new, name="mailbox-new"),
    path("mail/mailboxes/<uuid:uuid>/", mailbox_pages.edit, name="mailbox"),
    path("mail/mailboxes/<uuid:uuid>/test/", mailbox_pages.test, name="mailbox-test"),
    path("mail/mailboxes/<uuid:uuid>/pause/", mailbox_pages.pause, name="mailbox-pause"),
    path("mail/mailboxes/<uuid:uuid>/removal/", mailbox_pages.remove, name="mailbox-remove"),
    path("mail/mailboxes/<uuid:uuid>/door/", mailbox_pages.renew_door, name="mailbox-door"),
    path("mail/mailboxes/<uuid:uuid>/sign-in/", sign_in_pages.sign_in, name="mailbox-sign-in"),
    path(
        "mail/mailboxes/<uuid:uuid>/sign-in/authorise/",
        sign_in_pages.authorise,
        name="mailbox-authorise",
    ),
    path(
        "mail/mailboxes/<uuid:uuid>/sign-in/removal/",
        sign_in_pages.remove,
        name="mailbox-sign-in-remove",
    ),
    path("mail/sign-in/", sign_in_pages.back, name="mail-sign-in-back"),
    path("mail/in/<uuid:uuid>/", door.take, name="mail-door"),
    path("mail/senders/", mailbox_pages.senders, name="mail-senders"),
    path(
        "mail/senders/<int:number>/removal/",
        mailbox_pages.forget_sender,
        name="mail-sender-remove",
    ),
]
