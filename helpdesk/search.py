"""Full text: one document a ticket, written by the verbs. Its SQL lives here alone."""

import threading
import time
from bisect import bisect_left
from itertools import accumulate
from math import prod

from django.db import connection, models
from django.db.models.expressions import RawSQL

from helpdesk.actor import Actor
from helpdesk.models import Comment, SearchDocument, Ticket
from helpdesk.prepared import Shape, Written
from helpdesk.storing import stored
from helpdesk.text import search_query_terms, search_tokens, to_text

PUBLIC_LIMIT = INTERNAL_LIMIT = 100_000  # characters of words kept for a ticket
MAX_NUMBER = 2**63
COMMON = 0.01  # the share of all documents from which on a word is common
KNOWN_FOR = 300  # seconds for which the common words are taken for the same
LAST = "\U0010ffff"  # behind all that words are written with
# What is true of documents that hold the words: `both_vector` has the public ones and the internal
# ones, and is mostly empty where there are none of these. Rare words are looked up in both indexes;
# of a document that is looked at by itself only one column is read.
MATCHES = "{} @@ to_tsquery('simple', %s)"
PUBLIC = MATCHES.format("public_vector")
IN_INDEXES = f"{PUBLIC} OR {MATCHES.format('both_vector')}"
IN_ITSELF = f"{MATCHES.format('both_vector')} OR both_vector IS NULL AND {PUBLIC}"
_lock = threading.Lock()


class CommonWords:
    """The words that stand in most documents, with the share of documents for each."""

    def __init__(self, shares: dict[str, float], read_at: float) -> None:
        self.shares, self.read_at = shares, read_at
        self._in_order = sorted(shares)
        in_order = (shares[word] for word in self._in_order)
        self._sums = list(accumulate(in_order, initial=0.0))

    def share_beginning(self, begun: str) -> float:
        """The sum of the shares of all words that begin so."""
        first, end = (bisect_left(self._in_order, one) for one in (begun, begun + LAST))
        return self._sums[end] - self._sums[first]


_common: dict[bool, CommonWords] = {}  # by whether what is internal is searched, too


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
    _fill_fts(stored(_document(ticket, [], []) for ticket in tickets))


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
    _fill_fts(documents)


def _fill_fts(documents: list[SearchDocument]) -> None:
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
    found = _found(terms, internal=actor.sees_internal)
    if numbers:
        found |= models.Q(pk=numbers[0])
    return tickets.filter(found)


def shape_of(words: str, actor: Actor) -> Shape | None:
    """All that `matching` depends on; None where it looks for a number or for nothing."""
    terms = search_query_terms(words)
    is_number = len(terms) == 1 and _is_number(terms[0])
    if connection.vendor == "sqlite" or is_number or not terms:
        return None
    internal = actor.sees_internal
    return Shape((internal, _share(terms, internal) < COMMON), _ts_query(terms))


def number_in(words: str) -> int | None:
    """The ticket number that the words are, as in `1042` or `#1042`."""
    text = words.strip().removeprefix("#")
    if text.isdecimal() and len(text) < 19:
        return int(text)
    return None


def _is_number(term: list[str]) -> bool:
    return len(term) == 1 and term[0].isdecimal() and int(term[0]) < MAX_NUMBER


def _found(terms: list[list[str]], *, internal: bool) -> models.Q:
    """The condition on tickets.

    PostgreSQL plans a list that ends after fifty rows as if what it looks for were spread evenly,
    and reads every document for a rare word. So rare words are looked up in the index first, by an
    array that it cannot take apart; for common ones it goes down the list, newest first.
    """
    if connection.vendor == "sqlite":
        # RawSQL brings its parentheses: a second pair would mean one value.
        query = "SELECT rowid FROM helpdesk_fts WHERE helpdesk_fts MATCH %s"
        return models.Q(pk__in=RawSQL(query, [_fts_query(terms, internal)]))
    is_rare = _share(terms, internal) < COMMON
    matching = PUBLIC if not internal else IN_INDEXES if is_rare else IN_ITSELF
    query = f"SELECT ticket_id FROM helpdesk_searchdocument WHERE {matching}"
    words = [Written(_ts_query(terms))] * matching.count("%s")
    if is_rare:
        return models.Q(_InArray(models.F("pk"), query, words))
    return models.Q(pk__in=RawSQL(query, words))


class _InArray(models.Func):
    """Whether an id is among those of a query, which is carried out first and as a whole."""

    output_field = models.BooleanField()

    def __init__(self, expression, query: str = "", words: list[str] = (), **extra):
        super().__init__(expression, **extra)
        self.query, self.words = query, words

    def as_sql(self, compiler, connection, **_context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(ARRAY({self.query}))", [*params, *self.words]


def _share(terms: list[list[str]], internal: bool) -> float:
    """About which share of the documents holds all of the words, by PostgreSQL's statistics."""
    common = _common_words(internal)
    *whole, [*before, begun] = terms
    words = [word for term in whole for word in term] + before
    beginning = min(1.0, common.share_beginning(begun))
    return prod(common.shares.get(word, 0.0) for word in words) * beginning


def _common_words(internal: bool) -> CommonWords:
    """The common words among the public ones, or among all."""
    known = _common.get(internal)
    if known and time.monotonic() - known.read_at < KNOWN_FOR:
        return known
    with _lock, connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, null_frac, most_common_elems::text::text[], most_common_elem_freqs"
            " FROM pg_stats WHERE schemaname = ANY(current_schemas(false))"
            " AND tablename = 'helpdesk_searchdocument'"
            " AND attname IN ('public_vector', 'both_vector')"
        )
        read = {name: said for name, *said in cursor.fetchall()}
        nothing = (1.0, None, None)
        _empty, shares = _shares(*read.get("public_vector", nothing))
        if internal:
            empty, both = _shares(*read.get("both_vector", nothing))
            shares = {
                word: both.get(word, 0.0) * (1 - empty) + shares.get(word, 0.0) * empty
                for word in shares.keys() | both.keys()
            }
        found = _common[internal] = CommonWords(shares, time.monotonic())
    return found


def _shares(
    empty: float, words: list[str] | None, freqs: list[float] | None
) -> tuple[float, dict[str, float]]:
    """How many documents have no such vector, and the shares of words among the others."""
    # Behind one share for each word stand the least, the greatest and that of nulls.
    return empty, dict(zip(words or (), freqs or (), strict=False))


def _fts_query(terms: list[list[str]], internal: bool) -> str:
    phrases = ['"' + " ".join(term) + '"' for term in terms]
    phrases[-1] += "*"  # the word being typed
    columns = "{public internal}" if internal else "{public}"
    return f"{columns} : ({' AND '.join(phrases)})"


def _ts_query(terms: list[list[str]]) -> str:
    phrases = ["(" + " <-> ".join(f"'{token}'" for token in term) + ")" for term in terms]
    phrases[-1] = phrases[-1][:-1] + ":*)"
    return " & ".join(phrases)
