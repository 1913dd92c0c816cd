"""What models share: permanent identities, folded names, and configuration that bumps its stamp."""

import unicodedata
import uuid

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.text import fold


class Identified(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class Stamp(models.Model):
    """One row whose value changes whenever any configuration does."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.UUIDField(default=uuid.uuid4)

    touched = 0  # how often this process changed it, so that it sees its own change at once

    @classmethod
    def touch(cls) -> None:
        cls.objects.update_or_create(pk=1, defaults={"value": uuid.uuid4()})
        transaction.on_commit(Touched())

    @classmethod
    def uncommitted(cls) -> list["Touched"]:
        """What this thread's open transaction changed, less what it took back."""
        own = connections[DEFAULT_DB_ALIAS]  # asked some thirty times a page
        if not own.in_atomic_block:
            return []
        return [run for _sids, run, *_rest in own.run_on_commit if isinstance(run, Touched)]


class Touched:
    """A change of the configuration, counted when it commits."""

    def __call__(self) -> None:
        Stamp.touched += 1


class ConfigurationQuerySet(models.QuerySet):
    def kept(self):
        return self.filter(deleted_at=None)


class Configuration(Identified):
    """A row an administrator edits: soft-deleted, and part of the configuration snapshot."""

    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    extra = models.JSONField(default=dict, blank=True, editable=False)

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        Stamp.touch()

    def delete(self, *args, **kwargs):
        result = super().delete(*args, **kwargs)
        Stamp.touch()
        return result


class Named(Configuration):
    name = models.CharField(_("name"), max_length=120)
    name_folded = models.CharField(max_length=160, editable=False, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.name = unicodedata.normalize("NFC", self.name).strip()
        self.name_folded = fold(self.name)[:160]
        if (update_fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*update_fields, "name_folded"}
        super().save(*args, **kwargs)
