"""Workflows: which actions lead from which status to which."""

from django.db.models import QuerySet

from helpdesk.actor import Actor
from helpdesk.api.configured import named
from helpdesk.api.configuring import WrittenList, WrittenOne
from helpdesk.api.listing import BY_NAME
from helpdesk.api.schemas.configured import one_of, page_of_schema
from helpdesk.api.setting_inputs import INPUTS
from helpdesk.api.shapes import small_objects
from helpdesk.lookup import visible_queues
from helpdesk.models import Workflow
from helpdesk.models.configuration import configuration


def workflow_shape(row: Workflow) -> dict:
    known = configuration()
    statuses = small_objects(known)["statuses"]
    steps = [
        one
        for one in known.transitions.values()
        if one.workflow_id == row.pk and one.deleted_at is None
    ]
    return {
        **named(row),
        "is_default": row.is_default,
        "initial": statuses[row.initial_id],
        "transitions": [
            {
                **named(one),
                "sources": [statuses[pk] for pk in sorted(known.transition_sources[one.pk])],
                "target": statuses[one.target_id],
                "takers": one.takers,
                "needs_resolution": one.needs_resolution,
                "needs_comment": one.needs_comment,
                "position": one.position,
            }
            for one in steps
        ],
    }


def workflow_ids(actor: Actor) -> set[int]:
    """The workflows of the queues that the actor sees."""
    known = configuration()
    flows = (known.workflow_of(pk) for pk, row in visible_queues(actor).items() if _is_kept(row))
    return {flow.pk for flow in flows if flow is not None}


def workflows_of(actor: Actor) -> QuerySet[Workflow]:
    rows = Workflow.objects.kept()
    return rows if actor.queues is None else rows.filter(pk__in=workflow_ids(actor))


def _is_kept(row) -> bool:
    return row.deleted_at is None


class WorkflowRows:
    model = Workflow
    input = INPUTS["workflows"]
    rows_for = staticmethod(workflows_of)
    shape = staticmethod(workflow_shape)


@page_of_schema("workflows")
class Workflows(WorkflowRows, WrittenList):
    sort = BY_NAME


@one_of("workflows")
class OneWorkflow(WorkflowRows, WrittenOne):
    pass
