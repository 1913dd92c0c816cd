"""Settings: what is used stays, what was deleted comes back, every process sees the change."""

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from helpdesk.actions.workflow import recategorise
from helpdesk.actor import system
from helpdesk.models import (
    Change,
    CustomField,
    FieldOption,
    Membership,
    Organisation,
    Queue,
    Stamp,
    Status,
    Tag,
    Team,
    Transition,
    Workflow,
)
from helpdesk.models.configuration import configuration
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db


def url(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def rows(prefix: str, *entries: dict, initial: int = 0) -> dict:
    """The fields of a list inside a form."""
    posted = {f"{prefix}-TOTAL_FORMS": len(entries), f"{prefix}-INITIAL_FORMS": initial}
    for number, entry in enumerate(entries):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in entry.items()}
    return posted


# Deleting and restoring ---------------------------------------------------------------------------


def test_a_status_in_use_cannot_be_deleted_and_says_by_what(site):
    make_ticket()
    page = url(Status, "delete", status("Open").pk)
    words = site.get(page).content.decode()
    assert "1 ticket" in words
    assert "1 workflow that begins with it" in words
    site.post(page, {"post": "yes"})
    assert status("Open").deleted_at is None


def test_an_unused_status_is_deleted_softly_and_restored(site):
    spare = Status.objects.create(name="Parked", category="waiting")
    site.post(url(Status, "delete", spare.pk), {"post": "yes"})
    spare.refresh_from_db()
    assert spare.deleted_at is not None
    assert spare not in configuration().statuses_in("waiting")
    page = reverse("admin:helpdesk_status_restore_one", args=(spare.pk,))
    assert site.get(page).status_code == 200
    spare.refresh_from_db()
    assert spare.deleted_at is not None  # asking changes nothing
    site.post(page)
    spare.refresh_from_db()
    assert spare.deleted_at is None


def test_the_last_status_of_a_category_stays(site):
    lone = status("Waiting")
    Transition.objects.filter(target=lone).delete()
    assert (
        "only status of the category" in site.get(url(Status, "delete", lone.pk)).content.decode()
    )


def test_a_deletion_of_many_stops_at_the_one_that_is_used(site):
    spare = Status.objects.create(name="Parked", category="waiting")
    make_ticket()
    chosen = [spare.pk, status("Open").pk]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert "1 ticket" in site.post(url(Status, "changelist"), data).content.decode()
    spare.refresh_from_db()
    assert spare.deleted_at is None
    site.post(url(Status, "changelist"), data | {"_selected_action": [spare.pk]})
    spare.refresh_from_db()
    assert spare.deleted_at is not None
    restore = {"action": "restore", "_selected_action": [spare.pk]}
    site.post(url(Status, "changelist") + "?kept=deleted", restore)
    spare.refresh_from_db()
    assert spare.deleted_at is None


def test_a_queue_that_a_connection_fills_cannot_be_deleted(site):
    queue = make_queue("Mirrored")
    apps.get_model("integrations", "Connection").objects.create(
        name="Acme", service="teamswork", queue=queue
    )
    assert "1 connection" in site.get(url(Queue, "delete", queue.pk)).content.decode()


def test_the_default_queue_cannot_be_deleted_and_the_default_moves(site):
    old, new = default_queue(), make_queue("Second")
    assert "is the default" in site.get(url(Queue, "delete", old.pk)).content.decode()
    data = {"name": new.name, "slug": new.slug, "is_default": "on", "position": 0}
    site.post(url(Queue, "change", new.pk), data)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.is_default, new.is_default) == (False, True)


def test_a_name_in_use_is_refused_whatever_its_case(site):
    data = {"name": "OPEN", "category": "open", "position": 1}
    answer = site.post(url(Status, "add"), data)
    assert "Another one bears this name" in answer.content.decode()
    Status.objects.filter(name="Closed").update(deleted_at="2026-01-01T00:00Z")
    answer = site.post(url(Status, "add"), data | {"name": "closed"})
    assert "A deleted one bears this name" in answer.content.decode()


def test_teams_of_a_queue_reach_the_snapshot_at_once(site):
    queue, team = make_queue("Quiet"), Team.objects.create(name="Quiet team")
    agent = make_agent(queues=[])
    Membership.objects.create(user=agent, team=team)
    assert queue.pk not in configuration().queues_of(agent.pk)
    before = Stamp.objects.get().value
    data = {"name": queue.name, "slug": queue.slug, "position": 0, "teams": [team.pk]}
    site.post(url(Queue, "change", queue.pk), data)
    assert Stamp.objects.get().value != before
    assert queue.pk in configuration().queues_of(agent.pk)


# Statuses, workflows ---------------------------------------------------------------------------


def test_a_change_of_category_takes_the_tickets_along(site):
    open_one = make_ticket()
    data = {"name": "Open", "category": "resolved", "position": 1}
    site.post(url(Status, "change", status("Open").pk), data)
    open_one.refresh_from_db()
    assert open_one.status_category == "resolved"
    assert open_one.resolved_at == open_one.first_resolved_at is not None
    assert open_one.closed_at is None


def test_recategorising_back_clears_the_moments_and_counts_nothing_twice(admin):
    ticket, by = make_ticket(), actor_of(admin, "admin")
    assert recategorise(status("Open"), "closed", by=by) == 1
    assert recategorise(status("Open"), "closed", by=by) == 0
    ticket.refresh_from_db()
    assert ticket.closed_at is not None
    changes = Change.objects.filter(ticket=ticket).count()
    recategorise(status("Open"), "open", by=by)
    ticket.refresh_from_db()
    assert (ticket.resolved_at, ticket.closed_at, ticket.status_category) == (None, None, "open")
    assert ticket.first_resolved_at is not None
    assert Change.objects.filter(ticket=ticket).count() == changes


def test_recategorising_takes_an_administrator_and_a_category_that_exists(admin):
    with pytest.raises(PermissionDenied):
        recategorise(status("Open"), "closed", by=actor_of(make_agent(), "admin"))
    with pytest.raises(ValidationError):
        recategorise(status("Open"), "odd", by=actor_of(admin, "admin"))


def test_transitions_are_removed_softly_and_come_back_by_name(site):
    flow = Workflow.objects.get(is_default=True)
    flow.transitions.exclude(name="Start").delete()
    start = flow.transitions.get()
    target = start.target_id
    entry = {"name": "Start", "target": target, "takers": "agents", "position": 0}
    data = {"name": flow.name, "initial": flow.initial_id, "is_default": "on"}
    removed = rows("transitions", entry | {"id": start.pk, "DELETE": "on"}, initial=1)
    site.post(url(Workflow, "change", flow.pk), data | removed)
    start.refresh_from_db()
    assert start.deleted_at is not None
    added = rows("transitions", entry | {"sources": [status("New").pk], "position": 7})
    site.post(url(Workflow, "change", flow.pk), data | added)
    start.refresh_from_db()
    assert (start.deleted_at, start.position) == (None, 7)
    assert configuration().transition_sources[start.pk] == {status("New").pk}
    assert flow.transitions.count() == 1


def test_two_transitions_of_one_name_are_refused(site):
    flow = Workflow.objects.create(name="Second", initial=status("Open"))
    entry = {"target": status("Open").pk, "takers": "agents", "position": 0}
    twice = rows("transitions", entry | {"name": "Go"}, entry | {"name": "go"})
    data = {"name": flow.name, "initial": flow.initial_id}
    answer = site.post(url(Workflow, "change", flow.pk), data | twice)
    assert "Another one bears this name" in answer.content.decode()
    assert not flow.transitions.exists()


# Custom fields ---------------------------------------------------------------------------------


def field_data(field: CustomField, **changed) -> dict:
    data = {"name": field.name, "key": field.key, "kind": field.kind, "position": 0}
    return data | rows("options") | changed


def test_a_key_is_permanent(site):
    field = make_field("region")
    site.post(url(CustomField, "change", field.pk), field_data(field, key="area", name="Area"))
    field.refresh_from_db()
    assert (field.key, field.name) == ("region", "Area")


def test_a_kind_stays_while_tickets_hold_values(site):
    field = make_field("region")
    page = url(CustomField, "change", field.pk)
    ticket = make_ticket(custom={"region": "EU"})
    answer = site.post(page, field_data(field, kind="number"))
    assert "1 ticket holds a value" in answer.content.decode()
    field.refresh_from_db()
    assert field.kind == "text"
    assert "1 ticket" in site.get(url(CustomField, "delete", field.pk)).content.decode()
    ticket.custom = {}
    type(ticket).objects.filter(pk=ticket.pk).update(custom={})
    site.post(page, field_data(field, kind="number"))
    field.refresh_from_db()
    assert field.kind == "number"


@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_an_option_that_a_ticket_chose_stays(kind, site):
    field = make_field("product", kind, options=["One", "Two"])
    one, two = field.options.all()
    make_ticket(custom={"product": "One" if kind == "choice" else ["One"]})
    page = url(CustomField, "change", field.pk)
    assert "1 ticket" in site.get(page).content.decode()

    def without(option) -> dict:
        entries = [
            {"id": row.pk, "label": row.label, "position": row.position}
            | ({"DELETE": "on"} if row == option else {})
            for row in (one, two)
        ]
        return field_data(field) | rows("options", *entries, initial=2)

    assert "can&#x27;t be removed" in site.post(page, without(one)).content.decode()
    one.refresh_from_db()
    assert one.deleted_at is None
    site.post(page, without(two))
    two.refresh_from_db()
    assert two.deleted_at is not None
    assert FieldOption.objects.count() == 2


# Tags ------------------------------------------------------------------------------------------


def test_a_tag_in_use_is_merged_instead_of_deleted(site):
    old, new = make_tag("bug report"), make_tag("bug")
    first = make_ticket(tags=[old])
    both = make_ticket(tags=[old, new])
    assert "Merge it into another tag" in site.get(url(Tag, "delete", old.pk)).content.decode()
    page = reverse("admin:helpdesk_tag_merge", args=(old.pk,))
    assert site.get(page).status_code == 200
    site.post(page, {"into": new.pk})
    old.refresh_from_db()
    assert old.deleted_at is not None
    for ticket in (first, both):
        ticket.refresh_from_db()
        assert ticket.tag_ids == [new.pk]
        assert list(ticket.tags.all()) == [new]
        assert ticket.version == 2
        change = ticket.changes.get(version=2)
        assert change.origin == "admin"
        assert change.fields["tags"]["removed"][0]["words"] == "bug report"


def test_a_tag_is_not_merged_into_itself(site):
    tag = make_tag("bug")
    page = reverse("admin:helpdesk_tag_merge", args=(tag.pk,))
    assert "into itself" in site.post(page, {"into": tag.pk}).content.decode()
    tag.refresh_from_db()
    assert tag.deleted_at is None


# Organisations ---------------------------------------------------------------------------------


def test_an_organisation_is_saved_with_its_domains(site):
    data = {"name": "Acme", "notes": ""} | rows("domains", {"domain": "Acme.Example"})
    site.post(url(Organisation, "add"), data)
    made = Organisation.objects.get(name="Acme")
    assert [row.domain for row in made.domains.all()] == ["acme.example"]
    make_ticket(by=system("rule"), requester=make_user(organisation=made))
    assert "1 person, 1 ticket" in site.get(url(Organisation, "changelist")).content.decode()
