"""Where a custom field, a person or a set of tags becomes a form field: the only such place."""

import re
from collections.abc import Iterable
from functools import lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.addresses import address
from helpdesk.models import CustomField, User, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.text import fold, one_line

Kind = CustomField.Kind
PEOPLE_LIST = "people-options"  # the id of the page's one <datalist> of people
SEPARATORS = re.compile(r"[,;\n]")
ADDRESS_IN_BRACKETS = re.compile(r"<\s*([^<>]*@[^<>]*?)\s*>")


def form_field(
    custom: CustomField, *, stored=None, names: dict[int, str] | None = None
) -> forms.Field:
    """The form field of a custom field. `names` are those of the people whom `stored` lists.

    Its clean value goes through `clean_custom` before it is handed to a verb.
    """
    field = BUILDERS[custom.kind](custom, stored, names or {})
    field.label, field.help_text = custom.name, escape(custom.help_text)
    field.required = custom.required and custom.kind != Kind.TOGGLE
    field.widget.is_required = field.required
    field.staff_only, field.custom = custom.staff_only, custom
    field.span = 6 if custom.kind == Kind.TEXTAREA else 2
    return field


def clean_custom(custom: CustomField, value):
    """The stored form of what the form field holds, or ValidationError."""
    return custom_values.clean(custom, value)


def person_words(person: User | None) -> str:
    """A person as an input shows them: name and address."""
    if person is None:
        return ""
    return f"{person} <{person.email_written}>" if person.email else str(person)


# People, looked up as one types --------------------------------------------------------------


def lookup_attributes(*, staff: bool = False) -> dict[str, str]:
    """What makes an input suggest people as one types; without script one types the address."""
    return {
        "list": PEOPLE_LIST,
        "autocomplete": "off",
        "hx-get": address("people") + ("?staff=1" if staff else ""),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": f"#{PEOPLE_LIST}",
        "hx-swap": "innerHTML",
    }


def lookup_html(*, staff: bool = False) -> SafeString:
    """The same as they stand in a tag."""
    return _lookup_html(address("people"), staff)


@lru_cache(20)
def _lookup_html(_url: str, staff: bool) -> SafeString:
    return flatatt(lookup_attributes(staff=staff))


class PersonInput(forms.TextInput):
    """A text input that suggests people; the suggestions come from the server, never the page."""

    def __init__(self, *, staff: bool = False):
        super().__init__({"maxlength": 500, **lookup_attributes(staff=staff)})


class PersonField(forms.CharField):
    """One person by e-mail address, by “Name <address>”, or by a name that one alone bears."""

    def __init__(self, *, current: User | None = None, among: Iterable[str] | None = None, **kw):
        self.current, self.among = current, among
        widget = PersonInput(staff=among is not None)
        super().__init__(max_length=500, widget=widget, **{"initial": current, **kw})

    def prepare_value(self, value):
        return value if isinstance(value, str) else person_words(value)

    def has_changed(self, initial, data) -> bool:
        return (data or "").strip() != self.prepare_value(initial)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        if self.current is not None and text == person_words(self.current):
            return self.current
        return self.find(text)

    def find(self, text: str) -> User:
        return find_person(text, self.among)


class RequesterField(PersonField):
    """A person as `PersonField`; an unknown address is answered as `{"email", "name"}`."""

    def find(self, text: str) -> User | dict:
        email, name = split_address(text)
        if email is None:
            return super().find(text)
        validate_email(email)
        return {"email": email, "name": name}


def find_person(text: str, among: Iterable[str] | None = None) -> User:
    """The person with this address or, if only one bears it, this name."""
    email, _name = split_address(text)
    rows = User.objects.filter(erased_at=None)
    if among is not None:
        rows = rows.filter(role__in=list(among), is_active=True)
    if email is not None:
        found = list(rows.filter(email=fold(email))[:1])
    else:
        found = list(rows.filter(name_folded=fold(one_line(text))[:260])[:2])
    if len(found) == 1:
        return found[0]
    if found:
        words = _("Several people are called “%(value)s”. Give the e-mail address.")
    else:
        words = _("Nobody is known as “%(value)s”. Give a name or an e-mail address.")
    raise ValidationError(words % {"value": text[:60]})


def split_address(text: str) -> tuple[str | None, str]:
    """The address and the name in `Name <address>` or `address`; no address, no name: None."""
    text = one_line(text)
    if match := ADDRESS_IN_BRACKETS.search(text):
        return match[1].strip(), text[: match.start()].strip(' "')
    return (text, "") if "@" in text else (None, "")


# What is there, each with a box to take it away, and a line for what is added -------------------


class KeptAndAddedInput(forms.Widget):
    """Boxes of what is there and one line for more, divided by commas. Works without script."""

    template_name = "parts/kept-and-added.html"
    use_fieldset = True

    def __init__(self, there: list[tuple[str, str]], *, people: bool = False, hint: str = ""):
        self.there, self.people, self.hint = there, people, hint
        super().__init__()

    def value_from_datadict(self, data, files, name) -> dict:
        return {"kept": data.getlist(name), "added": data.get(f"{name}.added", "")}

    def value_omitted_from_data(self, data, files, name) -> bool:
        return False

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        is_posted = isinstance(value, dict)
        kept = value["kept"] if is_posted else [key for key, _words in self.there]
        context = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "there": [(key, words, key in kept) for key, words in self.there],
            "added": value["added"] if is_posted else "",
            "lookup": lookup_html() if self.people else "",
            "hint": self.hint,
            "invalid": (attrs or {}).get("aria-invalid"),
        }
        return mark_safe(render_to_string(self.template_name, context))


class KeptAndAddedField(forms.Field):
    """The kept keys and what the added words are: `find` says, by default themselves."""

    def __init__(self, there: list[tuple[str, str]], *, find=None, people=False, hint="", **kw):
        self.there, self._find = there, find
        self.seen: list[str] | None = None  # what was there when the page was made
        widget = KeptAndAddedInput(there, people=people, hint=hint)
        super().__init__(widget=widget, required=kw.pop("required", False), **kw)

    def has_changed(self, initial, data) -> bool:
        return bool(self._removed(data) or data["added"].strip())

    def clean(self, value) -> list:
        removed = self._removed(value)
        kept = [key for key, _words in self.there if key not in removed]
        words = [one_line(word) for word in SEPARATORS.split(value["added"])]
        errors, added = [], []
        for word in filter(None, words):
            try:
                added.append(self._find(word) if self._find else word)
            except ValidationError as error:
                errors += error.messages
        if errors:
            raise ValidationError(errors)
        if self.required and not kept and not added:
            raise ValidationError(_("This field is required."))
        return [*kept, *added]

    def _removed(self, value: dict) -> set[str]:
        """What was unticked; what another added meanwhile stays."""
        shown = [key for key, _words in self.there] if self.seen is None else self.seen
        return set(shown) - set(value["kept"])


def tags_field(names: list[str]) -> KeptAndAddedField:
    """The tags of a ticket by name."""
    return KeptAndAddedField(
        [(name, name) for name in names], label=gettext_lazy("Tags"), hint=_("Add, with commas")
    )


# The kinds of custom fields ------------------------------------------------------------------


def _text(custom: CustomField, stored, names) -> forms.Field:
    return forms.CharField(max_length=custom_values.MAX_TEXT, initial=stored)


def _area(custom: CustomField, stored, names) -> forms.Field:
    area = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    return forms.CharField(
        max_length=custom_values.MAX_AREA, widget=area, initial=stored, strip=False
    )


def _typed(**attrs):
    def build(custom: CustomField, stored, names) -> forms.Field:
        return forms.CharField(
            max_length=custom_values.MAX_TEXT, widget=forms.TextInput(attrs=attrs), initial=stored
        )

    return build


def _date(custom: CustomField, stored, names) -> forms.Field:
    return forms.CharField(
        max_length=40, widget=forms.DateInput(attrs={"type": "date"}), initial=stored
    )


def _toggle(custom: CustomField, stored, names) -> forms.Field:
    box = forms.CheckboxInput(attrs={"class": "switch", "role": "switch"})
    return forms.BooleanField(widget=box, initial=stored)


def _choice(custom: CustomField, stored, names) -> forms.Field:
    return forms.ChoiceField(choices=[("", "–"), *_options(custom, stored)], initial=stored)


def _choices(custom: CustomField, stored, names) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=_options(custom, *(stored or ())),
        widget=forms.CheckboxSelectMultiple,
        initial=stored,
    )


def _people(custom: CustomField, stored, names) -> forms.Field:
    there = [(str(pk), names.get(pk) or f"#{pk}") for pk in stored or ()]
    return KeptAndAddedField(there, find=find_person, people=True, hint=_("Add by name or e-mail"))


def _options(custom: CustomField, *stored: str | None) -> list[tuple[str, str]]:
    """The options on offer, and those stored that are no longer offered."""
    offered = configuration().options_of.get(custom.pk, [])
    options = [(str(option.uuid), option.label) for option in offered]
    known = {key for key, _label in options}
    gone = [key for key in stored if key and key not in known]
    return options + [(key, custom_values.option_label(key)) for key in gone]


BUILDERS = {
    Kind.TEXT: _text,
    Kind.TEXTAREA: _area,
    Kind.NUMBER: _typed(inputmode="decimal"),
    Kind.DATE: _date,
    Kind.TOGGLE: _toggle,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.PEOPLE: _people,
    Kind.EMAIL: _typed(inputmode="email"),
    Kind.URL: _typed(inputmode="url"),
}
