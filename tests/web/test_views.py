"""Saved views: made of a list, seen by those they are for, changed by those who may."""

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from helpdesk.actions.views import MOST, may_edit_view, move_view, save_view, views_of
from helpdesk.models import Membership, SavedView, Team
from helpdesk.models.configuration import configuration
from helpdesk.web.named_views import saved_views
from helpdesk.web.view_shape import Shape, shape_of, with_shape
from tests.factories import actor_of, make_agent, make_field, make_ticket, make_user, status
from tests.web.test_lists import listed, numbers, statements_of

pytestmark = pytest.mark.django_db
URGENT = {"priority": "urgent"}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def make_view(person, name="Urgent", query=URGENT, **fields) -> SavedView:
    fields.setdefault("owner_id", person.pk)
    return save_view(by=actor_of(person), name=name, query=query, **fields)


def team_of(person) -> Team:
    return Team.objects.get(pk=configuration().memberships[person.pk][0][0])


def nav(client, url="/tickets/") -> dict[str, dict]:
    cache.clear()
    sections = client.get(url).context["shell"].sections
    return {
        item["label"]: item | {"section": section["label"]}
        for section in sections
        for item in section["items"]
    }


def error_words(answer) -> str:
    form = answer.context["form"]
    return " ".join(words for found in form.errors.values() for words in found)


# Saving ----------------------------------------------------------------------------------------


def test_a_list_is_saved_with_its_filters_order_and_columns(client, agent):
    make_field("plan")
    urgent = make_ticket("Export", priority="urgent", custom={"plan": "Gold"})
    make_ticket("Other", custom={"plan": "Gold"})
    client.post("/tickets/columns/?priority=urgent", {"columns": ["number", "custom.plan"]})
    page = client.get("/tickets/", {"q": "priority:urgent export sort:title"})
    save = f"{reverse('view-new')}?{page.context['params']}"
    assert save.replace("&", "&amp;") in page.content.decode()
    answer = client.post(save, {"name": "  Burning   exports ", "place": "own"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/tickets/?view={view.uuid}"
    assert (view.name, view.owner, view.team) == ("Burning exports", agent, None)
    assert (view.query, view.sort) == ({"priority": "urgent", "search": "export"}, "title")
    page = client.get(answer["Location"])
    assert numbers(page) == [urgent.pk]
    assert page.context["query"].title == "Burning exports"
    assert page.context["typed"] == "priority:urgent export"
    assert b"Gold" in page.content and b"<td class=c-status>" not in page.content


def test_several_values_of_a_filter_are_kept(client, agent):
    both = [make_ticket(priority=one).pk for one in ("urgent", "high")]
    make_ticket()
    client.post(reverse("view-new") + "?priority=urgent&priority=high", {"name": "Hot"})
    assert SavedView.objects.get().query == {"priority": "urgent,high"}
    assert sorted(listed(client, view=str(SavedView.objects.get().uuid))) == sorted(both)


def test_a_view_can_take_the_place_of_one_there_is(client, agent):
    view, other = make_view(agent), make_view(agent, "Other")
    client.post(reverse("view-new") + "?priority=low&sort=title", {"over": str(view.uuid)})
    view.refresh_from_db()
    assert (view.name, view.query, view.sort) == ("Urgent", {"priority": "low"}, "title")
    assert SavedView.objects.get(pk=other.pk).query == URGENT


def test_a_view_without_a_name_is_refused(client, agent):
    answer = client.post(reverse("view-new"), {"place": "own"})
    assert answer.status_code == 422
    assert "Give the view a name." in error_words(answer)
    assert not SavedView.objects.exists()


def test_a_wrong_list_can_not_be_saved(client, agent):
    answer = client.post(reverse("view-new") + "?colour=red", {"name": "Red"})
    assert answer["Location"] == "/tickets/?colour=red"
    with pytest.raises(ValidationError):
        make_view(agent, query={"colour": "red"})
    with pytest.raises(ValidationError):
        make_view(agent, sort="password")
    assert not SavedView.objects.exists()


def test_there_is_a_most_of_views(agent):
    SavedView.objects.bulk_create(
        SavedView(name=str(number), owner=agent) for number in range(MOST)
    )
    with pytest.raises(ValidationError):
        make_view(agent)


def test_the_form_to_save_is_a_fragment_for_htmx_and_a_page_for_others(client, agent):
    url = reverse("view-new") + "?priority=urgent"
    assert b"<html" in client.get(url).content
    fragment = client.get(url, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'name="name"' in fragment.content


# Who sees and who changes ----------------------------------------------------------------------


def test_views_are_seen_by_those_they_are_for(client, agent):
    mate, stranger, ada = make_agent(), make_agent(), make_user("Ada", role="admin")
    Membership.objects.create(user=mate, team=team_of(agent), access="work")
    own = make_view(agent, "Own")
    ours = make_view(agent, "Ours", owner_id=None, team=team_of(agent))
    everyones = make_view(ada, "Everyone’s", owner_id=None)
    seen = {person: set(views_of(actor_of(person))) for person in (agent, mate, stranger, ada)}
    assert seen == {
        agent: {own, ours, everyones},
        mate: {ours, everyones},
        stranger: {everyones},
        ada: {everyones},
    }
    assert views_of(actor_of(make_user("Cleo Customer"))) == []
    client.force_login(stranger)
    assert client.get("/tickets/", {"view": str(own.uuid)}).status_code == 422
    assert client.get(reverse("view-edit", args=[own.uuid])).status_code == 404
    assert client.post(reverse("view-delete", args=[ours.uuid])).status_code == 404
    assert client.get(reverse("view-edit", args=[everyones.uuid])).status_code == 403
    assert client.post(reverse("view-delete", args=[everyones.uuid])).status_code == 403
    assert client.post(reverse("view-move", args=[everyones.uuid])).status_code == 403
    assert SavedView.objects.count() == 3


def test_only_administrators_make_views_for_everyone(client, agent):
    answer = client.post(reverse("view-new"), {"name": "For all", "place": "everyone"})
    assert answer.status_code == 422
    with pytest.raises(PermissionDenied):
        make_view(agent, owner_id=None)
    with pytest.raises(PermissionDenied):
        make_view(agent, owner_id=make_agent().pk)
    client.force_login(make_user("Ada", role="admin"))
    client.post(reverse("view-new"), {"name": "For all", "place": "everyone"})
    view = SavedView.objects.get()
    assert (view.owner_id, view.team_id) == (None, None)


def test_who_only_reads_in_a_team_changes_none_of_its_views(agent):
    reader = make_agent(access="read", role="light")
    Membership.objects.create(user=reader, team=team_of(agent), access="read")
    view = make_view(agent, owner_id=None, team=team_of(agent))
    assert view in views_of(actor_of(reader))
    assert not may_edit_view(actor_of(reader), view)
    assert make_view(reader, "My own").owner == reader


# The navigation --------------------------------------------------------------------------------


def test_what_is_written_of_the_navigation_is_true_for_who_looks_and_when(client, agent):
    def written(url: str = "/tickets/") -> str:
        cache.clear()
        page = client.get(url).content.decode()
        return page[page.index('<nav class="nav"') :].partition("</nav>")[0]

    view = make_view(agent, "Urgent <b>")
    empty = written()
    assert "Urgent &lt;b&gt;" in empty and written() == empty
    ticket = make_ticket(priority="urgent")
    assert written() != empty
    assert 'aria-current="page"' not in written(f"/tickets/{ticket.pk}/")
    for url in ("/views/", "/reports/"):
        assert f'href="{url}" aria-current="page"' in written(url)
    save_view(by=actor_of(agent), name="Very urgent", query=URGENT, owner_id=agent.pk, view=view)
    assert "Very urgent" in written() and "Urgent &lt;b&gt;" not in written()
    client.force_login(make_agent("Jo"))
    assert "Very urgent" not in written()


def test_views_stand_in_the_navigation_with_their_counts(client, agent):
    make_ticket(priority="urgent")
    make_ticket(priority="urgent", status=status("Closed"))
    view = make_view(agent)
    make_view(agent, "Words", {"search": "export"})
    make_view(agent, "Ours", {"priority": "low"}, owner_id=None, team=team_of(agent))
    items = nav(client, f"/tickets/?view={view.uuid}")
    assert {name: (items[name]["section"], items[name]["count"]) for name in items if name in
            ("Urgent", "Words", "Ours")} == {
        "Urgent": ("My views", 2),
        "Words": ("My views", None),  # words are not searched for only to be counted
        "Ours": ("Teams", 0),
    }  # fmt: skip
    assert items["Urgent"]["active"] and items["Urgent"]["url"] == f"/tickets/?view={view.uuid}"
    assert not items["Unresolved"]["active"]


def test_a_view_whose_tag_is_gone_says_so_and_breaks_no_page(client, agent):
    view = make_view(agent)
    SavedView.objects.filter(pk=view.pk).update(query={"tag": "gone"})
    configuration().cache.clear()
    assert nav(client)["Urgent"]["count"] == 0
    answer = client.get("/tickets/", {"view": str(view.uuid)})
    assert answer.status_code == 422
    assert "gone" in answer.content.decode()
    assert client.get(reverse("views")).status_code == 200


def test_hostile_names_stay_words(client, agent):
    view = make_view(agent, HOSTILE)
    for url in (
        "/tickets/",
        f"/tickets/?view={view.uuid}",
        reverse("views"),
        reverse("view-edit", args=[view.uuid]),
        reverse("view-delete", args=[view.uuid]),
    ):
        html = client.get(url).content.decode()
        assert "<script>alert" not in html and "&lt;script&gt;alert(1)" in html, url


@pytest.mark.parametrize("path", ["/tickets/", "ticket", "/preferences/"])
def test_views_cost_no_statement_in_the_navigation(client, agent, path):
    path = f"/tickets/{make_ticket().pk}/" if path == "ticket" else path
    client.get(path)
    without = statements_of(client, path)
    for number in range(30):
        make_view(agent, f"View {number}", {"search": "x"} if number % 2 else URGENT)
    nav(client, path)
    assert len(statements_of(client, path)) == len(without)


# Changing --------------------------------------------------------------------------------------


def test_the_page_lists_views_and_puts_them_in_order(client, agent):
    first, second, third = (make_view(agent, name) for name in "ABC")
    html = client.get(reverse("views")).content.decode()
    assert html.count("priority:urgent") == 3
    answer = client.post(reverse("view-move", args=[third.uuid]), {"direction": "up"})
    assert answer["Location"] == f"/views/#view-{third.uuid}"
    assert views_of(actor_of(agent)) == [first, third, second]
    client.post(reverse("view-move", args=[first.uuid]), {"direction": "down"})
    assert views_of(actor_of(agent)) == [third, first, second]
    move_view(third, by=actor_of(agent), up=True)
    assert views_of(actor_of(agent)) == [third, first, second]


def test_a_view_is_renamed_given_away_and_asked_something_else(client, agent):
    view = make_view(agent)
    url = reverse("view-edit", args=[view.uuid])
    page = client.get(url).content.decode()
    assert 'value="priority:urgent"' in page
    team = team_of(agent)
    filled = {
        "name": "Ours now",
        "place": f"team-{team.pk}",
        "q": "is:open -priority:low sort:title",
        "columns": ["number", "status"],
    }
    answer = client.post(url, filled)
    assert answer["Location"] == f"/tickets/?view={view.uuid}"
    view.refresh_from_db()
    assert (view.name, view.owner, view.team, view.sort) == ("Ours now", None, team, "title")
    assert view.query == {"category": "open", "-priority": "low"}
    assert view.columns == ["number", "status"]
    assert client.get(answer["Location"]).context["typed"] == "is:open -priority:low"


def test_a_view_keeps_groups_which_each_person_may_choose_otherwise(client, agent):
    agent.preferences = {"shapes": {"unresolved": {"group": "priority"}}}
    agent.save()
    client.post("/views/new/?view=unresolved", {"name": "By urgency", "place": "own"})
    view = SavedView.objects.get(name="By urgency")
    assert view.group == "priority"
    named = next(one for one in saved_views(actor_of(agent)) if one.saved == view)
    other = make_agent("Other")
    assert shape_of(other, named).group == "priority"
    other.preferences = {"shapes": with_shape(other, named, Shape())}
    assert shape_of(other, named).group == ""
    page = client.get(reverse("view-edit", args=[view.uuid]))
    assert page.context["form"]["group"].value() == "priority"
    filled = {"name": "By urgency", "place": "own", "q": "is:open", "group": "status"}
    client.post(reverse("view-edit", args=[view.uuid]), filled)
    view.refresh_from_db()
    assert view.group == "status"


def test_a_wrong_query_of_a_view_is_told_at_its_word(client, agent):
    view = make_view(agent)
    filled = {"name": "Urgent", "place": "own", "q": "is:lost printer colour:red"}
    answer = client.post(reverse("view-edit", args=[view.uuid]), filled)
    assert answer.status_code == 422
    assert "“is:lost”: There is no" in error_words(answer)
    assert "“colour:red”: There is no" in error_words(answer)
    assert 'value="is:lost printer colour:red"' in answer.content.decode()
    view.refresh_from_db()
    assert view.query == URGENT


def test_a_view_is_deleted_after_saying_for_whom(client, agent):
    view = make_view(agent)
    url = reverse("view-delete", args=[view.uuid])
    assert "Only you see this view" in client.get(url).content.decode()
    assert SavedView.objects.exists()
    assert client.post(url)["Location"] == "/views/"
    assert not SavedView.objects.exists()
    assert "Urgent" not in nav(client)
    assert client.post(url).status_code == 404
