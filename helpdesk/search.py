"""Full text: one document a ticket, written by the verbs. Its SQL lives here alone."""

from django.db import connection, models
from django.db.models.expressions import RawSQL

from helpdesk.actor import Actor
from helpdesk.models import Comment, SearchDocument, Ticket
from helpdesk.text import search_query_terms, search_tokens, to_text

PUBLIC_LIMIT = INTERNAL_LIMIT = 100_000  # characters of words kept for a ticket
MAX_NUMBER = 2**63


def index(ticket: Ticket) -> None:
    """Write a ticket's document anew from all of its words."""
    index_all([ticket])


def index_all(tickets: list[Ticket]) -> None:
    """Write the documents of many tickets anew, with the same few statements."""
    said = {ticket.pk: ([], []) for ticket in tickets}
    comments = Comment.objects.filter(
        ticket__in=said, deleted_at=None, state=Comment.State.SENT
    ).order_by("-happened_at", "-pk")
    for pk, public, body, kind in comments.values_list("ticket_id", "public", "body", "format"):
        said[pk][0 if public else 1].append(to_text(body, kind))
    _store([_document(ticket, *said[ticket.pk]) for ticket in tickets])


def index_new(tickets: list[Ticket]) -> None:
    """Write the documents of tickets that have no comments yet."""
    _store([_document(ticket, [], []) for ticket in tickets])


def add_comment(ticket: Ticket, comment: Comment) -> None:
    """Add a new comment's words to its ticket's document, without reading the others."""
    add_comments(ticket, [comment])


def add_comments(ticket: Ticket, comments: list[Comment]) -> None:
    """Add the words of new comments to their ticket's document, without reading the others."""
    document = SearchDocument.objects.get(ticket=ticket)
    for comment in comments:
        side = "public" if comment.public else "internal"
        kept = getattr(document, side)
        if len(kept) < PUBLIC_LIMIT:
            words = search_tokens(to_text(comment.body, comment.format), PUBLIC_LIMIT)
            setattr(document, side, f"{kept} {words}".strip()[:PUBLIC_LIMIT])
    _store([document])


def forget(tickets: list[Ticket]) -> None:
    """Take the documents of tickets that are about to be removed out of the index."""
    ids = [ticket.pk for ticket in tickets]
    SearchDocument.objects.filter(ticket__in=ids).delete()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM helpdesk_fts WHERE rowid = %s", [(pk,) for pk in ids])


def _document(ticket: Ticket, public: list[str], internal: list[str]) -> SearchDocument:
    requester = ticket.requester if ticket.requester_id else None
    head = [
        ticket.title,
        to_text(ticket.body, ticket.body_format),
        ticket.requester_name,
        str(requester or ""),
        (requester.email or "") if requester else "",
        ticket.source_ref,
    ]
    return SearchDocument(
        ticket_id=ticket.pk,
        public=search_tokens("\n".join([*head, *public]), PUBLIC_LIMIT),
        internal=search_tokens("\n".join(internal), INTERNAL_LIMIT),
    )


def _store(documents: list[SearchDocument]) -> None:
    SearchDocument.objects.bulk_create(
        documents,
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=["public", "internal"],
    )
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO helpdesk_fts (rowid, public, internal) VALUES (%s, %s, %s)",
                [(one.ticket_id, one.public, one.internal) for one in documents],
            )


def matching(tickets: models.QuerySet, words: str, actor: Actor) -> models.QuerySet:
    """The tickets that hold all of the words, or bear the number, in what the actor may read."""
    terms = search_query_terms(words)
    numbers = [int(term[0]) for term in terms if len(terms) == 1 and _is_number(term)]
    if not terms:
        return tickets.none()
    if numbers and words.strip().startswith("#"):
        return tickets.filter(pk=numbers[0])
    found = models.Q(pk__in=_matches(terms, internal=actor.sees_internal))
    if numbers:
        found |= models.Q(pk=numbers[0])
    return tickets.filter(found)


def number_in(words: str) -> int | None:
    """The ticket number that the words are, as in `1042` or `#1042`."""
    text = words.strip().removeprefix("#")
    if text.isdecimal() and len(text) < 19:
        return int(text)
    return None


def _is_number(term: list[str]) -> bool:
    return len(term) == 1 and term[0].isdecimal() and int(term[0]) < MAX_NUMBER


def _matches(terms: list[list[str]], *, internal: bool) -> RawSQL:
    """The ids as a subquery. RawSQL brings its parentheses: a second pair would mean one value."""
    if connection.vendor == "sqlite":
        return RawSQL(
            "SELECT rowid FROM helpdesk_fts WHERE helpdesk_fts MATCH %s",
            [_fts_query(terms, internal)],
        )
    column = "both_vector" if internal else "public_vector"
    return RawSQL(
        f"SELECT ticket_id FROM helpdesk_searchdocument WHERE {column} @@ to_tsquery('simple', %s)",
        [_ts_query(terms)],
    )


def _fts_query(terms: list[list[str]], internal: bool) -> str:
    phrases = ['"' + " ".join(term) + '"' for term in terms]
    phrases[-1] += "*"  # the word being typed
    columns = "{public internal}" if internal else "{public}"
    return f"{columns} : ({' AND '.join(phrases)})"


def _ts_query(terms: list[list[str]]) -> str:
    phrases = ["(" + " <-> ".join(f"'{token}'" for token in term) + ")" for term in terms]
    phrases[-1] = phrases[-1][:-1] + ":*)"
    return " & ".join(phrases)
