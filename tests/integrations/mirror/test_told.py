"""What a service without a field for it is told with a ticket."""

import pytest

from integrations import ours
from integrations.connector import Capabilities
from integrations.mirror import files
from integrations.models import AttachmentLink, Connection, Link
from tests.factories import default_queue, make_ticket

pytestmark = pytest.mark.django_db


def test_times_page_and_author_are_told_by_name():
    ticket = make_ticket("A")
    said = ours.told(ticket, ("created_at", "updated_at", "url", "author"))
    assert said["created_at"] == ticket.created_at.isoformat()
    assert said["updated_at"] == ticket.updated_at.isoformat()
    assert said["url"].endswith(f"/tickets/{ticket.pk}/") and said["url"].startswith("http")
    assert said["author"] is None or set(said["author"]) == {"id", "name", "email"}
    assert ours.told(ticket, Capabilities(fields=frozenset()).told) == {}


def test_files_beside_a_former_ticket_are_not_sent_anew(django_user_model):
    connection = Connection.objects.create(name="A", service="onna", queue=default_queue())
    ticket = make_ticket("A")
    link = Link.objects.create(connection=connection, ticket=ticket, remote_id="new")
    for remote_id in ("old", "", "beside"):
        kept = ticket.attachments.create(name=remote_id or "x")
        AttachmentLink.objects.create(link=link, attachment=kept, remote_id=remote_id)
    files.forget_sent(link, "old")
    assert [row.remote_id for row in link.attachment_links.all()] == ["beside"]
