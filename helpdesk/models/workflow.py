"""Statuses, the workflows between them, and the queues tickets live in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Named
from helpdesk.models.people import Team


class Category(models.TextChoices):
    """What a status means. Code asks for the category, never for a label."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


UNRESOLVED = (Category.NEW, Category.OPEN, Category.WAITING)


class Status(Named):
    category = models.CharField(_("category"), max_length=10, choices=Category.choices)
    pauses_sla = models.BooleanField(_("pauses promises"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["name_folded"], name="status_name_once")]


class Workflow(Named):
    """Named actions between statuses."""

    initial = models.ForeignKey(
        Status, models.PROTECT, related_name="+", verbose_name=_("first status")
    )
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        constraints = [
            models.UniqueConstraint(fields=["name_folded"], name="workflow_name_once"),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="workflow_one_default",
            ),
        ]


class Transition(Named):
    """One action: from some statuses (none chosen: from any) to one."""

    class Takers(models.TextChoices):
        EVERYONE = "everyone", _("everyone, customers too")
        AGENTS = "agents", _("agents")
        ADMINS = "admins", _("administrators")

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="transitions")
    sources = models.ManyToManyField(
        Status, blank=True, related_name="+", verbose_name=_("from statuses")
    )
    target = models.ForeignKey(
        Status, models.PROTECT, related_name="+", verbose_name=_("to status")
    )
    takers = models.CharField(
        _("who may take it"), max_length=10, choices=Takers.choices, default=Takers.AGENTS
    )
    needs_resolution = models.BooleanField(_("needs a resolution"), default=False)
    needs_comment = models.BooleanField(_("needs a comment"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "name_folded"], name="transition_name_once")
        ]


class Queue(Named):
    """The container a ticket lives in."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    description = models.TextField(_("description"), blank=True)
    teams = models.ManyToManyField(
        Team, blank=True, related_name="queues", verbose_name=_("teams with access")
    )
    workflow = models.ForeignKey(
        Workflow,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="queues",
        verbose_name=_("workflow"),
        help_text=_("Empty: the default workflow."),
    )
    email_name = models.CharField(_("sender name"), max_length=120, blank=True)
    email_address = models.EmailField(_("sender address"), blank=True)
    reopens_closed = models.BooleanField(
        _("mail reopens closed tickets"),
        default=True,
        help_text=_("Otherwise an answer to a closed ticket opens a follow-up, linked to it."),
    )
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Takes tickets that name no queue.")
    )
    # Made for one API key, to try things in: left out of lists, counts, mail and choices.
    is_sandbox = models.BooleanField(default=False, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["position", "name_folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name_folded"], name="queue_name_once"),
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="queue_one_default"
            ),
        ]
