"""Merge with a preview, taking it back, and split, on the pages of a ticket."""

import pytest
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import Comment, Organisation, Ticket
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def leila():
    return make_user("Leila Haddad")


@pytest.fixture
def pair(leila):
    old = make_ticket("Old export", body="My export", requester=leila)
    new = make_ticket("New export", body="Same export", requester=make_user("Bob Ray"))
    make_comment(old, "It stops")
    make_comment(old, "Careful", public=False)
    return old, new


def at(ticket, name) -> str:
    return reverse(f"ticket-{name}", args=[ticket.pk])


def text_of(response) -> str:
    return response.content.decode()


def again(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


# Choosing --------------------------------------------------------------------------------------


def test_the_menu_of_a_ticket_leads_to_both(client, agent, pair):
    html = text_of(client.get(f"/tickets/{pair[0].pk}/"))
    comment = Comment.objects.get(body="It stops")
    assert f'href="{at(pair[0], "merge")}"' in html
    assert f'href="{at(pair[0], "split")}"' in html
    menu = reverse("comment-menu", args=[pair[0].pk, comment.uuid])
    assert menu in html
    words = f'href="{at(pair[0], "split")}?message={comment.uuid}"'
    assert words in text_of(client.get(menu))


def test_the_requester_s_other_tickets_are_offered_first(client, agent, pair, leila):
    old, new = pair
    other = make_ticket("Another of Leila", requester=leila)
    html = text_of(client.get(at(old, "merge")))
    assert f'href="?into={other.pk}"' in html
    assert f'href="?into={new.pk}"' not in html


def test_a_ticket_is_found_by_words_within_what_one_sees(client, agent, pair):
    old, new = pair
    hidden = make_ticket("New export, secret", queue=make_queue("Secret"))
    html = text_of(client.get(at(old, "merge"), {"into": "new export"}))
    assert f'href="?into={new.pk}"' in html
    assert f'href="?into={hidden.pk}"' not in html
    assert f'href="?into={old.pk}"' not in html
    html = text_of(client.get(at(old, "merge"), {"into": "chrysanthemum"}))
    assert "No other ticket that you may see" in html


def test_a_foreign_number_answers_as_one_that_nobody_has(client, agent, pair):
    old, _new = pair
    hidden = make_ticket("Secret", queue=make_queue("Secret"))
    for number in (hidden.pk, 987654321, old.pk):
        for answer in (
            client.get(at(old, "merge"), {"into": f"#{number}"}),
            client.post(at(old, "merge"), {"into": number}),
        ):
            assert answer.status_code == 422
            assert f"There is no other ticket #{number}." in text_of(answer)
            assert "Secret" not in text_of(answer)
    assert again(old).merged_into_id is None


# The preview -----------------------------------------------------------------------------------


def test_the_preview_says_what_moves_and_who_will_read_it(client, agent, pair):
    old, new = pair
    actions.follow(old, make_user("Cc Carla"), by=actor_of(agent), kind="cc")
    preview = client.get(at(old, "merge"), {"into": str(new.pk)}).context["preview"]
    assert (preview.replies, preview.notes, preview.files) == (2, 1, 0)
    assert [str(one) for one in preview.readers] == ["Bob Ray"]
    assert sorted(str(one) for one in preview.arriving) == ["Cc Carla", "Leila Haddad"]
    assert (preview.queues, preview.organisations) == ((), [])
    assert again(old).merged_into_id is None


def test_the_preview_warns_of_another_queue_and_of_a_company_that_shares(client, agent, pair):
    old, _new = pair
    billing = make_queue("Billing")
    billing.teams.add(*default_queue().teams.all())
    cedar = Organisation.objects.create(name="Cedar", shares_tickets=True)
    into = make_ticket("Shared", queue=billing, organisation=cedar)
    html = text_of(client.get(at(old, "merge"), {"into": str(into.pk)}))
    assert "The agents of <bdi>Billing</bdi> read it" in html
    assert "Everyone of <bdi>Cedar</bdi> reads the public messages" in html


def test_a_ticket_that_was_merged_itself_is_refused_with_the_one_that_goes_on(client, agent, pair):
    old, new = pair
    third = make_ticket("Third")
    actions.merge(new, third, by=actor_of(agent))
    html = text_of(client.get(at(old, "merge"), {"into": str(new.pk)}))
    assert "was itself merged" in html and f'href="?into={third.pk}"' in html
    assert "Nobody is told" not in html
    answer = client.post(at(old, "merge"), {"into": new.pk})
    assert answer.status_code == 422
    assert again(old).merged_into_id is None


def test_a_preview_costs_the_same_however_much_was_said(client, agent, pair):
    old, new = pair

    def cost() -> int:
        client.get(at(old, "merge"), {"into": str(new.pk)})
        with statements() as counted:
            client.get(at(old, "merge"), {"into": str(new.pk)})
        return len([one for one in counted if '"helpdesk_stamp"' not in one])

    few = cost()
    for number in range(20):
        make_comment(old, f"More {number}", by=actor_of(make_user(f"Writer {number}")))
    assert cost() <= few


# Merging and taking it back --------------------------------------------------------------------


def test_merging_leads_to_the_ticket_that_goes_on(client, agent, pair):
    old, new = pair
    answer = client.post(at(old, "merge"), {"into": str(new.pk)})
    assert answer["Location"] == f"/tickets/{new.pk}/"
    html = text_of(client.get(answer["Location"]))
    assert "It stops" in html and f"#{old.pk} is merged into this ticket." in html
    html = text_of(client.get(f"/tickets/{old.pk}/"))
    assert f'<a href="/tickets/{new.pk}/" title="New export">#{new.pk}</a>' in html
    assert "Take the merge back" in html
    assert at(old, "merge") not in html.replace(at(old, "unmerge"), "")
    assert client.get(at(old, "merge"))["Location"] == f"/tickets/{old.pk}/"


def test_a_merge_is_taken_back_from_its_banner(client, agent, pair):
    old, new = pair
    client.post(at(old, "merge"), {"into": str(new.pk)})
    answer = client.post(at(old, "unmerge"))
    assert answer["Location"] == f"/tickets/{old.pk}/"
    html = text_of(client.get(answer["Location"]))
    assert "The merge is taken back." in html and "It stops" in html
    assert again(old).merged_into_id is None
    answer = client.post(at(old, "unmerge"), follow=True)
    assert "This ticket was not merged." in text_of(answer)


def test_nobody_takes_out_of_a_ticket_that_he_does_not_see(client, agent, pair):
    old, _new = pair
    hidden = make_ticket("Hidden title", queue=make_queue("Secret"))
    actions.merge(old, hidden, by=actor_of(make_user("Ada", role="admin")))
    html = text_of(client.get(f"/tickets/{old.pk}/"))
    assert f"#{hidden.pk}" in html
    assert "Take the merge back" not in html and "Hidden title" not in html
    assert f'href="/tickets/{hidden.pk}/"' not in html
    assert client.post(at(old, "unmerge")).status_code == 404
    assert again(old).merged_into_id == hidden.pk


def test_who_only_reads_merges_and_splits_nothing(client, pair):
    old, new = pair
    client.force_login(make_agent(access="read", role="light"))
    assert client.get(at(old, "merge")).status_code == 403
    assert client.post(at(old, "merge"), {"into": new.pk}).status_code == 403
    assert client.get(at(old, "split")).status_code == 403
    assert client.post(at(old, "unmerge")).status_code == 403
    html = text_of(client.get(f"/tickets/{old.pk}/"))
    assert at(old, "merge") not in html and at(old, "split") not in html


# Splitting -------------------------------------------------------------------------------------


def chosen(*bodies: str) -> list[str]:
    return [str(Comment.objects.get(body=body).uuid) for body in bodies]


def test_a_message_is_chosen_already_where_one_came_from_its_menu(client, agent, pair):
    old, _new = pair
    [uuid] = chosen("It stops")
    html = text_of(client.get(at(old, "split"), {"message": uuid}))
    assert f'value="{uuid}" checked' in html
    assert html.count(" checked") == 1
    assert 'value="Old export"' in html


def test_chosen_messages_become_a_new_ticket(client, agent, pair, leila):
    old, _new = pair
    make_comment(old, "And the invoice?", by=actor_of(leila))
    answer = client.post(
        at(old, "split"),
        {"title": "Invoice", "messages": chosen("And the invoice?", "Careful")},
    )
    new = Ticket.objects.latest("pk")
    assert answer["Location"] == f"/tickets/{new.pk}/"
    assert (new.title, new.body, new.requester) == ("Invoice", "And the invoice?", leila)
    kept = Comment.objects.filter(ticket=old, deleted_at=None)
    assert [one.body for one in kept] == ["It stops"]
    html = text_of(client.get(answer["Location"]))
    assert "Careful" in html and f"split from #{old.pk}" in html


@pytest.mark.parametrize("filled", [{"title": "New"}, {"title": "", "messages": "It stops"}])
def test_a_split_without_messages_or_subject_is_refused_with_all_that_was_chosen(
    client, agent, pair, filled
):
    old, _new = pair
    if "messages" in filled:
        filled = {**filled, "messages": chosen(filled["messages"])}
    before = Ticket.objects.count()
    answer = client.post(at(old, "split"), filled)
    html = text_of(answer)
    assert answer.status_code == 422
    assert "1 field needs attention" in html
    assert html.count(" checked") == len(filled.get("messages", ()))
    assert Ticket.objects.count() == before


def test_messages_of_other_tickets_are_no_choice(client, agent, pair):
    old, new = pair
    make_comment(new, "Elsewhere")
    answer = client.post(
        at(old, "split"), {"title": "X", "messages": chosen("It stops", "Elsewhere")}
    )
    assert answer.status_code == 422
    assert Comment.objects.get(body="Elsewhere").ticket_id == new.pk


def test_redacted_and_held_messages_are_not_offered(client, agent, pair):
    old, _new = pair
    actions.redact_comment(Comment.objects.get(body="It stops"), by=actor_of(agent))
    Comment.objects.filter(body="Careful").update(state=Comment.State.HELD)
    assert "There is no message that could move." in text_of(client.get(at(old, "split")))


def test_hostile_words_stay_words(client, agent):
    old = make_ticket(HOSTILE, requester=make_user(HOSTILE))
    make_comment(old, HOSTILE, by=actor_of(old.requester))
    into = make_ticket(HOSTILE, requester=make_user(HOSTILE))
    for url in (
        at(old, "merge") + "?into=" + HOSTILE.replace('"', "%22"),
        at(old, "merge") + f"?into={into.pk}",
        at(old, "split"),
    ):
        assert "<script>alert" not in text_of(client.get(url)), url
    actions.merge(old, into, by=actor_of(agent))
    assert "<script>alert" not in text_of(client.get(f"/tickets/{old.pk}/"))
