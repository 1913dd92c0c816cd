"""Connections are for those whom the table of permissions lets configure: read from the URL map."""

import pytest

from helpdesk.actor import Role
from helpdesk.permissions import ALLOWED
from integrations.models import PersonLink
from tests.factories import make_agent, make_user
from tests.hostile.addresses import addresses
from tests.integrations.console.conftest import connect

pytestmark = pytest.mark.django_db
PEOPLE = (Role.ADMIN, Role.AGENT, Role.LIGHT, Role.CUSTOMER)


def paths(made, match) -> list[str]:
    values = {"uuid": made.uuid, "service": made.service, "link": match.pk}
    found = [one for one in addresses() if one.name.split("-")[0] in ("connection", "connections")]
    assert len(found) > 15, "The addresses of connections have other names now."
    return [one.path({name: values[name] for name in one.parameters}) for one in found]


@pytest.mark.parametrize("role", [None, *PEOPLE])
def test_each_page_and_deed_is_open_to_whom_the_table_says(client, role):
    made = connect(service="teamswork")
    match = PersonLink.objects.create(connection=made, person=make_agent(), remote_id="7")
    is_staff = role in (Role.AGENT, Role.LIGHT)
    if role is not None:
        client.force_login(make_agent(role=role) if is_staff else make_user(role=role))
    may = role in ALLOWED["configure"]
    for path in paths(made, match):
        for method in ("GET", "POST") if not may else ("GET",):
            status = client.generic(method, path).status_code
            if role is None:
                assert status == 302, (method, path, status)
            elif may:
                assert status in (200, 405), (method, path, status)
            else:
                assert status == 403, (method, path, status)
    assert type(made).objects.filter(pk=made.pk, state="active").exists()
