"""Files in a form: each is stored as it comes, so that no error elsewhere loses it."""

from dataclasses import dataclass

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.models import Attachment
from helpdesk.web.forms.parts import unchanged

SALT = "helpdesk.kept-file"


@dataclass(frozen=True)
class KeptFile:
    """A waiting file as a draft remembers it."""

    id: str
    name: str
    size: int
    type: str = ""

    @property
    def uuid(self) -> str:
        return self.id


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def __init__(self, **options):
        super().__init__(allow_empty_file=True, required=False, **options)

    def clean(self, data, initial=None) -> list:
        chosen = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in chosen if one]


class FilesForm(forms.Form):
    """A form that takes files. Those stored wait in `kept` until a ticket claims them.

    Where something else is wrong they come back by a signed name, each with a box to drop it.
    """

    files = unchanged(FilesField(label=gettext_lazy("Files")))

    def __init__(self, actor: Actor, data=None, files=None, **options):
        super().__init__(data, files, **options)
        self.actor = actor
        self.kept: list[Attachment] = []

    def clean(self) -> dict:
        cleaned = super().clean()
        self.kept = self._kept_before()
        for file in cleaned.get("files") or ():
            try:
                self.kept.append(actions.keep_file(file, by=self.actor))
            except ValidationError as error:
                self.add_error("files", error.messages)
        return cleaned

    @property
    def kept_files(self) -> list[tuple[str, Attachment]]:
        """The waiting files with the names under which the next attempt hands them in."""
        return [(signing.dumps(str(one.uuid), salt=self._salt), one) for one in self.kept]

    def _kept_before(self) -> list[Attachment]:
        names = self.data.getlist("kept") if self.is_bound else []
        try:
            uuids = [signing.loads(name, salt=self._salt) for name in names]
        except signing.BadSignature:
            self.add_error("files", _("A file is no longer there. Choose it again."))
            return []
        if not uuids:
            return []
        rows = Attachment.objects.filter(
            uuid__in=uuids,
            state=Attachment.State.WAITING,
            uploaded_by_id=self.actor.person_id,
        )
        found = list(rows.order_by("pk"))
        if len(found) < len(set(uuids)):
            self.add_error("files", _("A file is no longer there. Choose it again."))
        return found

    @property
    def _salt(self) -> str:
        return f"{SALT}:{self.actor.person_id}"
