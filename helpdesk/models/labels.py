"""Tags, ticket types and custom fields: what administrators name."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Configuration, Named

HUES = [(number, str(number)) for number in range(9)]


class TagCategory(Named):
    """A group of tags with a colour, chosen from the nine of the design system."""

    hue = models.PositiveSmallIntegerField(_("colour"), choices=HUES, default=0)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("tag category")
        verbose_name_plural = _("tag categories")
        ordering = ["position", "name_folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name_folded"], name="tag_category_name_once")
        ]


class Tag(Named):
    category = models.ForeignKey(
        TagCategory,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tags",
        verbose_name=_("category"),
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["name_folded"], name="tag_name_once")]

    @property
    def hue(self) -> int:
        return self.category.hue if self.category_id else self.pk % 9


class TicketType(Named):
    """A kind of ticket: question, incident, bug, task …"""

    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("ticket type")
        verbose_name_plural = _("ticket types")
        ordering = ["position", "name_folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name_folded"], name="ticket_type_name_once")
        ]


class CustomField(Named):
    """A field that administrators add to tickets. Its values live in `Ticket.custom` under `key`.

    Stored shapes: text, text area, e-mail and URL: a string; number: an int or float; date: an ISO
    date; toggle: a bool; single choice: an option's uuid; multiple choice: a list of option
    uuids; people: a list of user ids. An unset field has no key.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        TEXTAREA = "textarea", _("Text area")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        TOGGLE = "toggle", _("Toggle")
        CHOICE = "choice", _("Single choice")
        CHOICES = "choices", _("Multiple choice")
        PEOPLE = "people", _("People")
        EMAIL = "email", _("E-mail")
        URL = "url", _("URL")

    key = models.CharField(
        _("key"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*$", _("Use small letters, digits and underscores."))
        ],
        help_text=_("The permanent name in the API, in imports and in filters."),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.TEXT)
    help_text = models.CharField(_("hint"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=False)
    required_to_resolve = models.BooleanField(
        _("required to resolve"),
        default=False,
        help_text=_("May be empty until the ticket is resolved or closed."),
    )
    staff_only = models.BooleanField(_("staff only"), default=False)
    queues = models.ManyToManyField(
        "Queue",
        blank=True,
        related_name="custom_fields",
        verbose_name=_("queues"),
        help_text=_("None chosen: every queue."),
    )
    types = models.ManyToManyField(
        TicketType,
        blank=True,
        related_name="custom_fields",
        verbose_name=_("types"),
        help_text=_("None chosen: every type."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["position", "id"]

    @property
    def has_options(self) -> bool:
        return self.kind in (self.Kind.CHOICE, self.Kind.CHOICES)

    @property
    def has_order(self) -> bool:
        return self.kind in (self.Kind.NUMBER, self.Kind.DATE)

    @property
    def is_many(self) -> bool:
        return self.kind in (self.Kind.CHOICES, self.Kind.PEOPLE)


class FieldOption(Configuration):
    field = models.ForeignKey(CustomField, models.CASCADE, related_name="options")
    label = models.CharField(_("label"), max_length=200)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["field", "label"], name="option_label_once")]

    def __str__(self) -> str:
        return self.label
