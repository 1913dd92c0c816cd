"""What lists of comments are narrowed and sorted by."""

from collections.abc import Mapping
from copy import copy
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import Actor
from helpdesk.filter_fields import ChoiceFilter, WordsFilter
from helpdesk.filter_lookups import MomentFilter, PersonFilter, TicketFilterField, TruthFilter
from helpdesk.filters import SortKey
from helpdesk.models import Channel

SORT = "sort"
SORTS = ("id", "happened_at", "created_at")
FORWARDS = Q(extra__has_key="forward")
FILTERS: Mapping[str, WordsFilter] = {
    "ticket": TicketFilterField("ticket_id", empty=False, label=gettext_lazy("ticket")),
    "author": PersonFilter("author_id", label=gettext_lazy("author")),
    "public": TruthFilter(Q(public=True), label=gettext_lazy("whether customers read it")),
    "channel": ChoiceFilter("channel", Channel.values, label=gettext_lazy("channel")),
    "forward": TruthFilter(FORWARDS, label=gettext_lazy("whether it was forwarded")),
    "happened_at_after": MomentFilter("happened_at", "gte", label=gettext_lazy("said from")),
    "happened_at_before": MomentFilter("happened_at", "lt", label=gettext_lazy("said before")),
    "created_at_after": MomentFilter("created_at", "gte", label=gettext_lazy("created from")),
    "created_at_before": MomentFilter("created_at", "lt", label=gettext_lazy("created before")),
}
OF_ONE_TICKET = tuple(name for name in FILTERS if name != "ticket")


def condition_in(params: QueryDict, actor: Actor) -> Q:
    """What the parameters leave. Raises ValidationError by parameter."""
    wanted, errors = Q(), {}
    for name, known in FILTERS.items():
        if name not in params:
            continue
        one = copy(known)
        one.parent = SimpleNamespace(actor=actor)
        try:
            wanted &= one.field.clean(params.getlist(name))
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise ValidationError(errors)
    return wanted


def sort_in(params: QueryDict, usual: str) -> list[SortKey]:
    """The order; the id decides last. Raises ValidationError under `sort`."""
    keys = {}
    for word in params.get(SORT, usual).split(","):
        name = word.strip().removeprefix("-")
        if name not in SORTS:
            words = _("“%(name)s” is not a column to sort by. Known: %(names)s.")
            raise ValidationError({SORT: words % {"name": name[:60], "names": ", ".join(SORTS)}})
        keys.setdefault(name, SortKey(name, word.strip().startswith("-")))
    return list(keys.values())
