"""When custom fields are shown, required or narrowed, and in which order forms hold them."""

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Configuration
from helpdesk.models.labels import CustomField, TicketType
from helpdesk.models.workflow import Queue


class FieldRule(Configuration):
    """What other fields' values mean for one custom field; see `helpdesk.conditions`.

    `tests` lists `{"field", "is", "values"}`: `field` names `queue`, `type`, `priority`, `tags` or
    `custom.<key>`, `is` one of `conditions.TESTS`, values are stored forms (ids as text, option
    uuids). `options` are the uuids of the options that a limiting rule leaves.
    """

    class Effect(models.TextChoices):
        SHOW = "show", _("show it")
        REQUIRE = "require", _("require it")
        RESOLVE = "resolve", _("require it to resolve")
        LIMIT = "limit", _("offer only some options")

    field = models.ForeignKey(
        CustomField, models.CASCADE, related_name="rules", verbose_name=_("field")
    )
    effect = models.CharField(_("effect"), max_length=10, choices=Effect.choices)
    queue = models.ForeignKey(
        Queue,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="field_rules",
        verbose_name=_("queue"),
        help_text=_("Empty: in every queue."),
    )
    type = models.ForeignKey(
        TicketType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="field_rules",
        verbose_name=_("type"),
        help_text=_("Empty: for every type."),
    )
    tests = models.JSONField(_("when"), default=list, blank=True)
    any_test = models.BooleanField(
        _("one is enough"), default=False, help_text=_("Else all of them have to hold.")
    )
    options = models.JSONField(_("options"), default=list, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.field_id}: {self.get_effect_display()}"


class FieldOrder(Configuration):
    """The order of the custom fields in the forms of a queue, of a type, or of both."""

    queue = models.ForeignKey(
        Queue, models.CASCADE, null=True, blank=True, related_name="field_orders"
    )
    type = models.ForeignKey(
        TicketType, models.CASCADE, null=True, blank=True, related_name="field_orders"
    )
    keys = models.JSONField(default=list)  # of custom fields; those that are not in it come last

    class Meta:
        verbose_name = _("order of fields")
        verbose_name_plural = _("orders of fields")
        constraints = [
            models.UniqueConstraint(
                Coalesce("queue", 0), Coalesce("type", 0), name="field_order_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id or '–'} · {self.type_id or '–'}"
