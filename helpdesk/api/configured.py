"""What administrators configure, to be read: statuses, queues, types, teams, custom fields."""

from helpdesk.actor import Actor
from helpdesk.api.listing import BY_NAME, ListView, OneView
from helpdesk.api.schemas.configured import one_of, page_of_schema
from helpdesk.lookup import visible_queues
from helpdesk.models import CustomField, Queue, Status, Team, TicketType
from helpdesk.models.configuration import configuration


def named(row) -> dict:
    return {"id": row.pk, "uuid": row.uuid, "name": row.name}


def status_shape(row: Status) -> dict:
    return {
        **named(row),
        "category": row.category,
        "pauses_sla": row.pauses_sla,
        "position": row.position,
    }


def type_shape(row: TicketType) -> dict:
    return {**named(row), "position": row.position}


def queue_shape(row: Queue) -> dict:
    known = configuration()
    workflow = known.workflow_of(row.pk) if row.pk in known.queues else None
    return {
        **named(row),
        "slug": row.slug,
        "description": row.description,
        "is_default": row.is_default,
        "position": row.position,
        "workflow": named(workflow) if workflow else None,
    }


def field_shape(row: CustomField, actor: Actor) -> dict:
    known, visible = configuration(), visible_queues(actor)
    options = known.options_of.get(row.pk, ()) if row.has_options else ()
    queues = sorted(known.field_queues.get(row.pk, ()))
    types = sorted(known.field_types.get(row.pk, ()))
    return {
        **named(row),
        "key": row.key,
        "kind": row.kind,
        "help_text": row.help_text,
        "required": row.required,
        "staff_only": row.staff_only,
        "position": row.position,
        "queues": [pk for pk in queues if pk in visible and visible[pk].deleted_at is None],
        "types": [pk for pk in types if known.types[pk].deleted_at is None],
        "options": [
            {"id": one.pk, "uuid": one.uuid, "label": one.label, "position": one.position}
            for one in options
        ],
    }


def queues_of(actor: Actor):
    return Queue.objects.kept().filter(pk__in=visible_queues(actor))


def fields_of(actor: Actor):
    """Fields of any queue that the actor sees; those of foreign queues alone are not there."""
    rows, bound = CustomField.objects.kept(), configuration().field_queues
    if actor.queues is None:
        return rows
    foreign = [pk for pk, queues in bound.items() if queues and not queues & actor.queues]
    return rows.exclude(pk__in=foreign)


class StatusRows:
    rows_for = staticmethod(lambda actor: Status.objects.kept())
    shape = staticmethod(status_shape)


class TypeRows:
    rows_for = staticmethod(lambda actor: TicketType.objects.kept())
    shape = staticmethod(type_shape)


class TeamRows:
    rows_for = staticmethod(lambda actor: Team.objects.kept())
    shape = staticmethod(named)


class QueueRows:
    rows_for = staticmethod(queues_of)
    shape = staticmethod(queue_shape)
    word = "slug"


class FieldRows:
    rows_for = staticmethod(fields_of)
    word = "key"

    def shaped(self, row: CustomField) -> dict:
        return field_shape(row, self.actor)


@page_of_schema("statuses")
class Statuses(StatusRows, ListView):
    pass


@one_of("statuses")
class OneStatus(StatusRows, OneView):
    pass


@page_of_schema("types")
class TicketTypes(TypeRows, ListView):
    pass


@one_of("types")
class OneTicketType(TypeRows, OneView):
    pass


@page_of_schema("teams")
class Teams(TeamRows, ListView):
    sort = BY_NAME


@one_of("teams")
class OneTeam(TeamRows, OneView):
    pass


@page_of_schema("queues")
class Queues(QueueRows, ListView):
    pass


@one_of("queues")
class OneQueue(QueueRows, OneView):
    pass


@page_of_schema("custom-fields")
class CustomFields(FieldRows, ListView):
    pass


@one_of("custom-fields")
class OneCustomField(FieldRows, OneView):
    pass
