"""The console's pages with each service there is a folder for: none has to be named here."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from integrations.connector import load_connector, service_names
from integrations.models import Connection
from integrations.remote import Instance, RemoteField, RemoteOption, RemotePerson, RemoteTag
from integrations.vocabulary_store import keep_description
from tests.factories import default_queue, make_field, make_tag
from tests.integrations.console.conftest import page
from tests.integrations.test_contract import entered

pytestmark = pytest.mark.django_db
SERVICES = service_names()
TOLD = Instance(
    people=(RemotePerson(id="1", name="Ann", email="ann@there.example"),),
    statuses=(RemoteOption(key="Odd one", text="Odd one"),),
    priorities=(RemoteOption(key="P0", text="On fire"),),
    types=(RemoteOption(key="t1", text="Request"),),
    fields=(
        RemoteField(
            id="f1",
            title="Plan",
            type="list",
            options=(RemoteOption(key="1", text="Gold"),),
            kinds=("choice",),
        ),
    ),
    tags=(RemoteTag(text="vip", category_id="c1", category="Customers"),),
)


@pytest.fixture(params=SERVICES)
def made(request) -> Connection:
    client = load_connector(request.param)
    made = Connection(name="One of five", service=request.param, queue=default_queue())
    form = client.Setup(entered(client, "https://there.example/api"))
    assert form.is_valid(), form.errors
    made.enter(form.cleaned_data, client.Setup.secret_names())
    made.save()
    make_field("plan", "choice", ["Gold", "Tin"])
    make_tag("vip")
    return made


class Controls(HTMLParser):
    """What a browser would send of the forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "input" and said.get("name") and said.get("type") not in ("checkbox", "hidden"):
            self.sent[said["name"]] = said.get("value", "")
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and self._select and "disabled" not in said:
            is_first = self._select not in self.sent
            if "selected" in said or is_first:
                self.sent[self._select] = said.get("value", "")

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = ""


@pytest.mark.parametrize("told", [Instance(), TOLD], ids=["told nothing", "told"])
def test_the_vocabulary_page_sent_as_it_is_shown_changes_nothing(console, made, told):
    keep_description(made, told)
    text = page(console, "connection-vocabulary", made.uuid)
    sent = Controls(text).sent
    assert any(name.startswith("direction.") for name in sent)
    answer = console.post(
        reverse("connection-vocabulary", args=[made.uuid]), sent, follow=True
    ).content.decode()
    assert "Nothing was changed." in answer
    made.refresh_from_db()
    assert made.maps == {}


def test_every_word_of_ours_can_be_sent_as_a_word_of_theirs_and_read_back(console, made):
    keep_description(made, TOLD)
    url = reverse("connection-vocabulary", args=[made.uuid])
    text = page(console, "connection-vocabulary", made.uuid)
    if 'name="status.out.waiting"' not in text:
        pytest.fail("Each service has a status.")
    console.post(url, {"status.out.waiting": "Odd one", "status.back.Odd one": "waiting"})
    made.refresh_from_db()
    assert made.maps["status_out"] == {"waiting": "Odd one"}
    assert made.maps["status"] == {"Odd one": "waiting"}
    text = page(console, "connection-vocabulary", made.uuid)
    assert "“Waiting” does not survive" not in text


@pytest.mark.parametrize("name", ["connection", "connection-edit", "connection-people"])
def test_its_other_pages_open_and_show_no_secret(console, made, name):
    text = page(console, name, made.uuid)
    client = load_connector(made.service)
    for secret in client.Setup.secret_names():
        assert str(made.entered.get(secret) or "no such") not in text


def test_what_it_cannot_do_is_said_before_connecting(console):
    text = page(console, "connection-choose")
    for name in SERVICES:
        assert f'href="{reverse("connection-new", args=[name])}"' in text
        assert page(console, "connection-new", name)
    assert "Nothing comes back from Onna" in text
    assert "Replies cannot go to StackOne" in text
