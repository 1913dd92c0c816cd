"""The lists that settings own: options of a field, transitions of a workflow, domains of a company.

A list is written whole, in its order: rows that name their `row` stay, others are made, and those
that are missing are removed, unless tickets use them.
"""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.actions.naming import conditions_naming
from helpdesk.actions.usage import tickets_choosing
from helpdesk.models import (
    CustomField,
    FieldOption,
    Organisation,
    OrganisationDomain,
    Transition,
    Workflow,
)
from helpdesk.text import fold, one_line

MAX_OPTIONS = 500
MAX_TRANSITIONS = 200
MAX_DOMAINS = 200
MAX_LABEL = 200
MAX_NAME = 120
DOMAIN = RegexValidator(r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
GUARDS = ("takers", "needs_resolution", "needs_comment")


def write_options(field: CustomField, wanted: Sequence[dict]) -> None:
    """`wanted` lists `{"label", "row": FieldOption or None}`. Raises ValidationError."""
    _refuse_many("options", wanted, MAX_OPTIONS)
    every = list(field.options.select_for_update())
    kept = {option.pk: option for option in every if option.deleted_at is None}
    labels = [_word("options", one.get("label"), MAX_LABEL) for one in wanted]
    _refuse_twins("options", labels)
    _refuse_strangers("options", wanted, kept)
    named = {one["row"].pk for one in wanted if one.get("row")}
    by_label = {fold(option.label): option for option in every if option.pk not in named}
    rows = []
    for one, label in zip(wanted, labels, strict=True):
        row = kept[one["row"].pk] if one.get("row") else by_label.pop(fold(label), None)
        rows.append((row or FieldOption(field=field), label))
    staying = {row.pk for row, _label in rows}
    _retire_options(field, [one for pk, one in kept.items() if pk not in staying])
    wanted_of = {row.pk: label for row, label in rows}
    for option in every:  # labels that change places, or that a removed one bears, would meet
        if option.label in labels and wanted_of.get(option.pk) != option.label:
            _save_changed(option, label=f"{option.label[: MAX_LABEL - 24]} ({option.pk})")
    for position, (row, label) in enumerate(rows):
        _save_changed(row, label=label, position=position, deleted_at=None)


def _retire_options(field: CustomField, gone: list[FieldOption]) -> None:
    chosen, named = tickets_choosing(field, gone), conditions_naming(gone)
    for option in gone:
        if named[option.pk]:
            words = _("“%(name)s” can't be removed: a condition names it.") % {"name": option}
            raise ValidationError({"options": ValidationError(words, code="in_use")})
        if number := chosen.get(option.pk, 0):
            words = ngettext(
                "“%(name)s” can't be removed: %(count)d ticket chose it.",
                "“%(name)s” can't be removed: %(count)d tickets chose it.",
                number,
            )
            said = words % {"name": option, "count": number}
            raise ValidationError({"options": ValidationError(said, code="in_use")})
        _save_changed(option, deleted_at=timezone.now())


def tell_options(field: CustomField) -> list[str]:
    return list(field.options.filter(deleted_at=None).values_list("label", flat=True))


def write_transitions(workflow: Workflow, wanted: Sequence[dict]) -> None:
    """`wanted` lists `{"name", "sources": [Status], "target": Status, "takers",
    "needs_resolution", "needs_comment", "row"}`. Raises ValidationError."""
    _refuse_many("transitions", wanted, MAX_TRANSITIONS)
    every = list(workflow.transitions.select_for_update())
    kept = {one.pk: one for one in every if one.deleted_at is None}
    names = [_word("transitions", one.get("name"), MAX_NAME) for one in wanted]
    _refuse_twins("transitions", names)
    _refuse_strangers("transitions", wanted, kept)
    named = {one["row"].pk for one in wanted if one.get("row")}
    by_name = {one.name_folded: one for one in every if one.pk not in named}
    rows = []
    for one, name in zip(wanted, names, strict=True):
        if one.get("takers", Transition.Takers.AGENTS) not in Transition.Takers.values:
            said = {"names": ", ".join(Transition.Takers.values)}
            raise ValidationError({"transitions": _("Choose one of %(names)s.") % said})
        row = kept[one["row"].pk] if one.get("row") else by_name.pop(fold(name)[:160], None)
        rows.append((row or Transition(workflow=workflow), name, one))
    staying = {row.pk for row, *_more in rows}
    for pk, one in kept.items():
        if pk not in staying:
            _save_changed(one, deleted_at=timezone.now())
    wanted_of = {row.pk: fold(name)[:160] for row, name, _one in rows}
    taken = set(wanted_of.values())
    for one in every:  # names that change places, or that a removed one bears, would meet
        if one.name_folded in taken and wanted_of.get(one.pk) != one.name_folded:
            type(one).objects.filter(pk=one.pk).update(name_folded=f"{one.pk}\x7f")
    for position, (row, name, one) in enumerate(rows):
        guards = {guard: one[guard] for guard in GUARDS if guard in one}
        row.name = name
        for column, value in guards.items():
            setattr(row, column, value)
        row.target, row.position, row.deleted_at = one["target"], position, None
        row.save()
        row.sources.set(one.get("sources") or ())


def tell_transitions(workflow: Workflow) -> list[str]:
    rows = workflow.transitions.filter(deleted_at=None).select_related("target")
    told = []
    for row in rows.prefetch_related("sources"):
        sources = ", ".join(str(one) for one in row.sources.all()) or "*"
        guards = [row.takers]
        guards += ["resolution"] if row.needs_resolution else []
        guards += ["comment"] if row.needs_comment else []
        told.append(f"{row.name}: {sources} → {row.target} ({', '.join(guards)})")
    return told


def write_domains(organisation: Organisation, wanted: Sequence[str]) -> None:
    """Domains as words; one of another organisation is refused. Raises ValidationError."""
    _refuse_many("domains", wanted, MAX_DOMAINS)
    words = list(dict.fromkeys(fold(one_line(str(one))).removeprefix("@") for one in wanted))
    for word in words:
        try:
            DOMAIN(word)
        except ValidationError as error:
            said = _("“%(value)s” is no domain, like acme.example.") % {"value": word[:60]}
            raise ValidationError({"domains": said}) from error
    others = OrganisationDomain.objects.filter(domain__in=words).exclude(organisation=organisation)
    if taken := others.first():
        said = _("“%(value)s” belongs to another organisation.") % {"value": taken.domain}
        raise ValidationError({"domains": said})
    there = set(organisation.domains.values_list("domain", flat=True))
    organisation.domains.exclude(domain__in=words).delete()
    for word in words:
        if word not in there:
            OrganisationDomain.objects.create(organisation=organisation, domain=word)


def tell_domains(organisation: Organisation) -> list[str]:
    return sorted(organisation.domains.values_list("domain", flat=True))


# What the lists share ------------------------------------------------------------------------


def _save_changed(row: Model, **fields) -> None:
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    if row.pk is None:
        row.save()
    elif changed:
        row.save(update_fields=changed)


def _word(name: str, value, limit: int) -> str:
    text = one_line(value) if isinstance(value, str) else ""
    if not text or len(text) > limit:
        said = _("Give each a name of at most %(limit)s characters.") % {"limit": limit}
        raise ValidationError({name: said})
    return text


def _refuse_many(name: str, wanted: Sequence, limit: int) -> None:
    if len(wanted) > limit:
        raise ValidationError({name: _("At most %(limit)s.") % {"limit": limit}})


def _refuse_twins(name: str, words: list[str]) -> None:
    seen = set()
    for word in words:
        if fold(word) in seen:
            raise ValidationError({name: _("“%(name)s” stands twice.") % {"name": word}})
        seen.add(fold(word))


def _refuse_strangers(name: str, wanted: Sequence[dict], kept: dict[int, Model]) -> None:
    named = [one["row"].pk for one in wanted if one.get("row")]
    if len(named) != len(set(named)) or not set(named) <= kept.keys():
        raise ValidationError({name: _("A row is named twice, or belongs elsewhere.")})
