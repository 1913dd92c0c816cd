"""What administrators configure: statuses, queues, types, teams, custom fields."""

from helpdesk.actor import Actor
from helpdesk.api.configuring import OrderedList, ReplacedOne, WrittenList, WrittenOne
from helpdesk.api.listing import BY_NAME
from helpdesk.api.schemas.configured import one_of, order_of, page_of_schema, replace_of
from helpdesk.api.setting_inputs import INPUTS
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
        "teams": [named(team) for team in _teams_of(row)],
        "email_name": row.email_name,
        "email_address": row.email_address,
        "reopens_closed": row.reopens_closed,
    }


def _teams_of(row: Queue) -> list[Team]:
    known = configuration()
    teams = [known.teams[pk] for pk in known.queue_teams.get(row.pk, ()) if pk in known.teams]
    kept = [team for team in teams if team.deleted_at is None]
    return sorted(kept, key=lambda team: (team.name_folded, team.pk))


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
        "required_to_resolve": row.required_to_resolve,
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
    model = Status
    input = INPUTS["statuses"]
    rows_for = staticmethod(lambda actor: Status.objects.kept())
    shape = staticmethod(status_shape)


class TypeRows:
    model = TicketType
    input = INPUTS["types"]
    rows_for = staticmethod(lambda actor: TicketType.objects.kept())
    shape = staticmethod(type_shape)


class TeamRows:
    model = Team
    input = INPUTS["teams"]
    rows_for = staticmethod(lambda actor: Team.objects.kept())
    shape = staticmethod(named)


class QueueRows:
    model = Queue
    input = INPUTS["queues"]
    rows_for = staticmethod(queues_of)
    shape = staticmethod(queue_shape)
    word = "slug"


class FieldRows:
    model = CustomField
    input = INPUTS["custom-fields"]
    rows_for = staticmethod(fields_of)
    word = "key"

    def shaped(self, row: CustomField) -> dict:
        return field_shape(row, self.actor)


@page_of_schema("statuses")
class Statuses(StatusRows, WrittenList):
    pass


@one_of("statuses")
class OneStatus(StatusRows, WrittenOne):
    pass


@page_of_schema("types")
class TicketTypes(TypeRows, WrittenList):
    pass


@one_of("types")
class OneTicketType(TypeRows, WrittenOne):
    pass


@page_of_schema("teams")
class Teams(TeamRows, WrittenList):
    sort = BY_NAME


@one_of("teams")
class OneTeam(TeamRows, WrittenOne):
    pass


@page_of_schema("queues")
class Queues(QueueRows, WrittenList):
    pass


@one_of("queues")
class OneQueue(QueueRows, WrittenOne):
    pass


@page_of_schema("custom-fields")
class CustomFields(FieldRows, WrittenList):
    pass


@one_of("custom-fields")
class OneCustomField(FieldRows, WrittenOne):
    pass


@order_of("statuses")
class OrderedStatuses(StatusRows, OrderedList):
    pass


@order_of("types")
class OrderedTypes(TypeRows, OrderedList):
    pass


@order_of("queues")
class OrderedQueues(QueueRows, OrderedList):
    pass


@order_of("custom-fields")
class OrderedFields(FieldRows, OrderedList):
    pass


@replace_of("statuses")
class ReplacedStatus(StatusRows, ReplacedOne):
    pass


@replace_of("types")
class ReplacedType(TypeRows, ReplacedOne):
    pass


@replace_of("teams")
class ReplacedTeam(TeamRows, ReplacedOne):
    pass
