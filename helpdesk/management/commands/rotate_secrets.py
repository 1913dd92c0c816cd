"""Encrypt every stored secret anew with the first of the encryption keys."""

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from helpdesk.encryption import LostKey, rotate


class Command(BaseCommand):
    help = "Encrypt stored secrets with the first of ENCRYPTION_KEYS; the others may then go."

    def handle(self, **options):
        try:
            done = sum(rotate_field(name) for name in settings.ENCRYPTED_FIELDS)
        except LostKey as lost:
            raise CommandError(str(lost)) from lost
        self.stdout.write(f"{done} secrets are encrypted with the first key")


@transaction.atomic
def rotate_field(name: str) -> int:
    """Rotate one `app.Model.field`; returns how many rows had a secret. Raises LostKey."""
    label, _dot, field = name.rpartition(".")
    model = apps.get_model(label)
    done = 0
    for row in model.objects.exclude(**{field: ""}).select_for_update():
        setattr(row, field, rotate(getattr(row, field)))
        row.save(update_fields=[field])
        done += 1
    return done
