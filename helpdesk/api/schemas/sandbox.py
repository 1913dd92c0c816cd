"""What the OpenAPI document says of the sandbox."""

from rest_framework import serializers

from helpdesk.api.schemas.common import operation


class Emptied(serializers.Serializer):
    removed = serializers.IntegerField(help_text="Tickets that are gone.")
    left = serializers.IntegerField(help_text="Tickets for the next call, where there were many.")


sandbox_reset = operation(
    "sandbox_reset",
    "Reset the sandbox",
    "People",
    {200: Emptied},
    fails=(403,),
    description=(
        "Removes every ticket of the sandbox of the key that asks, with all that was kept for the"
        " key. Refused for a key outside a sandbox. Repeat it until nothing is left."
    ),
)
