"""Every service's own client can be rehearsed: its requests are seen, and none leaves."""

import pytest
from django import forms

from integrations.connector import SecretField, Setup, load_connector, service_names
from integrations.models import Connection
from integrations.operations.dry_run import dry_run
from tests.factories import actor_of, default_queue, make_agent, make_comment, make_ticket

pytestmark = pytest.mark.django_db
SECRET = "a-secret-nobody-may-see"


def filled(setup: type[Setup]) -> dict:
    """Something valid in each field; what a person may leave out is left out."""
    given = {}
    for name, field in setup.base_fields.items():
        if isinstance(field, SecretField):
            given[name] = SECRET
        elif isinstance(field, forms.URLField):
            given[name] = "https://acme.example/api"
        elif isinstance(field, forms.EmailField):
            given[name] = "desk@here.example"
        elif isinstance(field, forms.ChoiceField):
            values = [value for value, _words in field.choices if value]
            initial = field.initial if isinstance(field.initial, str) else ""
            given[name] = initial or (values[0] if field.required else "")
        elif field.initial is not None:
            given[name] = field.initial
        elif field.required:
            given[name] = "acme"
    form = setup(given)
    assert form.is_valid(), form.errors
    return form.cleaned_data


@pytest.mark.parametrize("service", service_names())
def test_a_new_ticket_can_be_rehearsed_on_every_service(service):
    client = load_connector(service)
    connection = Connection(name="Acme", service=service, queue=default_queue())
    connection.enter(filled(client.Setup), client.Setup.secret_names())
    connection.save()
    agent = actor_of(make_agent())
    ticket = make_ticket("It broke", body="Since today.", by=agent, priority="high")
    make_comment(ticket, "Kept inside", public=False, by=agent)
    result = dry_run(connection, ticket)
    assert not result.error
    assert any("It broke" in one.body for one in result.writes), (result.sendings, result.notes)
    shown = "".join(one.url + one.body for one in result.sendings)
    assert SECRET not in shown and "Kept inside" not in shown
