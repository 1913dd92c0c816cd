"""One way to say that an operation cannot run: the words of whatever stands in its way."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from helpdesk.encryption import LostKey
from integrations.connector import ConnectorError


class CannotRun(Exception):
    """With words for the person who asked."""


@contextmanager
def running_well() -> Iterator[None]:
    """Raises CannotRun for what the service or the credentials refuse."""
    try:
        yield
    except LostKey as error:
        words = _("The credentials were encrypted with a key that is lost. Enter them anew.")
        raise CannotRun(words) from error
    except ConnectorError as error:
        raise CannotRun(error.message) from error
