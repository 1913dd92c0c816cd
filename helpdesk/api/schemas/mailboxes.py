"""What the OpenAPI document says of mailboxes."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    NULL_IF_REPEATED,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    Small,
    SmallQueue,
    ToldOnce,
    operation,
    page_of,
)
from helpdesk.api.schemas.mail import MANAGED, REF, TAG
from helpdesk.models import Mailbox, MailGrant

WRITE = (400, 403, 404, 413, 415)


class Speaking(serializers.Serializer):
    from_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    names_agent = serializers.BooleanField(required=False)
    signature = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    acknowledges = serializers.BooleanField(required=False)
    has_plus = serializers.BooleanField(
        required=False, help_text="Mail to name+anything arrives here, too."
    )


class SpeakingRead(serializers.Serializer):
    from_name = serializers.CharField()
    names_agent = serializers.BooleanField()
    signature = serializers.CharField()
    acknowledges = serializers.BooleanField()
    has_plus = serializers.BooleanField()


class SignInRead(serializers.Serializer):
    provider = serializers.ChoiceField(MailGrant.Provider.choices)
    tenant = serializers.CharField()
    client_id = serializers.CharField()
    authorise_url = serializers.CharField(help_text="Empty: the provider's.")
    token_url = serializers.CharField(help_text="Empty: the provider's.")
    scope = serializers.CharField(help_text="Empty: the provider's.")
    sends = serializers.BooleanField(help_text="Its mail leaves through its account, by SMTP.")
    smtp_host = serializers.CharField(help_text="Empty: the provider's.")
    smtp_port = serializers.IntegerField(allow_null=True)
    smtp_security = serializers.ChoiceField(Mailbox.Security.choices)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Of its access token.")
    renewed_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    has_client_secret = serializers.BooleanField()
    has_refresh_token = serializers.BooleanField()


class SignInWrite(serializers.Serializer):
    provider = serializers.ChoiceField(MailGrant.Provider.choices, required=False)
    tenant = serializers.CharField(max_length=120, required=False, allow_blank=True)
    client_id = serializers.CharField(max_length=254, required=False)
    client_secret = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    refresh_token = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    authorise_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    token_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    scope = serializers.CharField(max_length=500, required=False, allow_blank=True)
    sends = serializers.BooleanField(required=False)
    smtp_host = serializers.CharField(max_length=253, required=False, allow_blank=True)
    smtp_port = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=65_535
    )
    smtp_security = serializers.ChoiceField(Mailbox.Security.choices, required=False)


class MailboxRead(Small):
    address = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    queue = SmallQueue()
    protocol = serializers.ChoiceField(Mailbox.Protocol.choices)
    provider = serializers.ChoiceField(Mailbox.Provider.choices)
    host = serializers.CharField()
    port = serializers.IntegerField(allow_null=True, help_text="Null: the usual one.")
    security = serializers.ChoiceField(Mailbox.Security.choices)
    username = serializers.CharField()
    has_password = serializers.BooleanField(help_text="A password, or signing key, is kept.")
    folder = serializers.CharField()
    afterwards = serializers.ChoiceField(Mailbox.Afterwards.choices)
    done_folder = serializers.CharField()
    every = serializers.IntegerField(help_text="In seconds.")
    max_megabytes = serializers.IntegerField()
    trusted_server = serializers.CharField(
        help_text="Whose Authentication-Results are believed; empty: nobody's."
    )
    copies = serializers.ChoiceField(Mailbox.Copies.choices)
    paused = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    looked_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    lag = serializers.IntegerField(
        allow_null=True, help_text="Seconds that the newest message lay on the server."
    )
    speaking = SpeakingRead()
    sign_in = SignInRead(allow_null=True, help_text="By OAuth 2; null: by password.")
    held = serializers.IntegerField(help_text="Messages in quarantine.")


class MailboxWrite(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=254)
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=200
    )
    queue = Reference()
    protocol = serializers.ChoiceField(Mailbox.Protocol.choices, required=False)
    provider = serializers.ChoiceField(Mailbox.Provider.choices, required=False)
    host = serializers.CharField(max_length=253, required=False, allow_blank=True)
    port = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=65_535)
    security = serializers.ChoiceField(Mailbox.Security.choices, required=False)
    username = serializers.CharField(max_length=254, required=False, allow_blank=True)
    password = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        help_text="Never read again. Empty: that of before stays, unless the server changes.",
    )
    by_grant = serializers.BooleanField(
        required=False, help_text="It will sign in by OAuth 2 and needs no password."
    )
    folder = serializers.CharField(max_length=200, required=False, allow_blank=True)
    afterwards = serializers.ChoiceField(Mailbox.Afterwards.choices, required=False)
    done_folder = serializers.CharField(max_length=200, required=False, allow_blank=True)
    every = serializers.IntegerField(required=False, min_value=10, max_value=86_400)
    max_megabytes = serializers.IntegerField(required=False, min_value=1, max_value=200)
    trusted_server = serializers.CharField(max_length=253, required=False, allow_blank=True)
    copies = serializers.ChoiceField(Mailbox.Copies.choices, required=False)
    speaking = Speaking(required=False)


class MailboxPatch(MailboxWrite):
    name = serializers.CharField(max_length=120, required=False)
    address = serializers.CharField(max_length=254, required=False)
    queue = Reference(required=False)


class MailboxTried(serializers.Serializer):
    works = serializers.BooleanField()
    waiting = serializers.IntegerField(allow_null=True, help_text="Messages on the server.")
    error = serializers.CharField(help_text="What is wrong, in words.")
    test = serializers.UUIDField(
        allow_null=True, help_text="Of the message that it sends to itself, if it works."
    )


class DoorRead(ToldOnce):
    address = serializers.CharField(allow_null=True, help_text=NULL_IF_REPEATED)


mailbox_rows = extend_schema_view(
    get=operation(
        "mailboxes_list",
        "List mailboxes",
        TAG,
        {200: page_of(MailboxRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400, 403),
        description=MANAGED,
    )
)
mailbox_row = extend_schema_view(
    get=operation(
        "mailboxes_get",
        "Get a mailbox",
        TAG,
        {200: MailboxRead},
        parameters=[REF],
        fails=(*READ_FAILS, 403),
    )
)
mailbox_post = operation(
    "mailboxes_create",
    "Make a mailbox",
    TAG,
    {201: MailboxRead},
    request=MailboxWrite,
    fails=(400, 403, 413, 415),
    description=f"Secrets are written and never read. {MANAGED}",
)
mailbox_patch = operation(
    "mailboxes_change",
    "Change a mailbox",
    TAG,
    {200: MailboxRead},
    request=MailboxPatch,
    parameters=[REF],
    fails=WRITE,
    description="Only what is sent changes. It is looked into at once.",
)
mailbox_delete = operation(
    "mailboxes_delete",
    "Remove a mailbox",
    TAG,
    {204: EMPTY},
    parameters=[REF],
    fails=(400, 403, 404),
    description="Refused with the code `in_use` once a message came into it: pause it instead.",
)
mailbox_test = operation(
    "mailboxes_test",
    "Test a mailbox: sign in, count what waits, write to itself",
    TAG,
    {200: MailboxTried},
    parameters=[REF],
    fails=(400, 403, 404),
    description="Nothing is taken. What it sends to itself goes to an address with a plus: once it"
    " is back, such addresses are used (`speaking.has_plus`).",
)
mailbox_pause = operation(
    "mailboxes_pause",
    "Pause a mailbox",
    TAG,
    {200: MailboxRead},
    parameters=[REF],
    fails=(400, 403, 404),
    description="Nothing is fetched until it is resumed.",
)
mailbox_resume = operation(
    "mailboxes_resume",
    "Resume a mailbox",
    TAG,
    {200: MailboxRead},
    parameters=[REF],
    fails=(400, 403, 404),
)
mailbox_door = operation(
    "mailboxes_door",
    "Make a new address for a provider",
    TAG,
    {200: DoorRead},
    parameters=[REF],
    fails=(400, 403, 404),
    description="The only answer that shows it. That of before opens no longer.",
)
sign_in_patch = operation(
    "mailboxes_sign_in",
    "Sign in to a mailbox by OAuth 2",
    TAG,
    {200: MailboxRead},
    request=SignInWrite,
    parameters=[REF],
    fails=WRITE,
    description="Its secrets are written and never read, and are forgotten where they would go to"
    " another provider or server. Somebody agrees in the browser, unless a refresh token is sent.",
)
sign_in_delete = operation(
    "mailboxes_sign_in_delete",
    "Sign in to a mailbox by password",
    TAG,
    {204: EMPTY},
    parameters=[REF],
    fails=(400, 403, 404),
)
