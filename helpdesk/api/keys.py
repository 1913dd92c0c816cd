"""API keys, managed by a key that names the scope `keys`: never with more rights than its own."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions import keys
from helpdesk.actor import Actor
from helpdesk.api.base import PAGING, nothing
from helpdesk.api.configured import named
from helpdesk.api.fields import MomentField, RowField, StrictSerializer
from helpdesk.api.listing import BY_ID, ListView, OneView
from helpdesk.api.once import told_once
from helpdesk.api.schemas.keys import (
    KeyRead,
    key_delete,
    key_end_overlap,
    key_patch,
    key_post,
    key_rotate,
    key_row,
    key_rows,
    key_sandbox,
    key_sandbox_end,
)
from helpdesk.api.shapes import small_person
from helpdesk.doors.addresses import are_within, networks_in
from helpdesk.lookup import visible_queues
from helpdesk.models import ApiKey, Queue
from helpdesk.models.scopes import granted
from helpdesk.text import one_line

MAX_SOURCES = 50
MAX_RATE = 1_000_000


def key_shape(row: ApiKey) -> dict:
    return {
        **named(row),
        "prefix": row.prefix,
        "scope": row.scope,
        "scopes": row.scopes,
        "allowed_from": row.allowed_from,
        "all_queues": row.all_queues,
        "queues": [{**named(one), "slug": one.slug} for one in row.queues.all()],
        "home_queue": {**named(row.home_queue), "slug": row.home_queue.slug}
        if row.home_queue
        else None,
        "person": small_person(row.person),
        "sources": row.sources,
        "rate_limit": row.rate_limit,
        "writes_for_others": row.writes_for_others,
        "is_sandbox": row.is_sandbox,
        "primary": named(row.primary) if row.primary_id else None,
        "is_usable": row.is_usable,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "last_used_at": row.last_used_at,
        "former_secret_until": row.previous_until if row.has_former_secret else None,
    }


class WordsField(serializers.ListField):
    def __init__(self, limit: int, **options):
        child = serializers.CharField(max_length=200)
        super().__init__(child=child, required=False, max_length=limit, **options)


class KeyChange(StrictSerializer):
    name = serializers.CharField(max_length=120)
    scopes = WordsField(60)
    allowed_from = WordsField(60)
    all_queues = serializers.BooleanField(required=False)
    queues = serializers.ListField(child=RowField(visible_queues), required=False, max_length=500)
    home_queue = RowField(visible_queues, required=False, allow_null=True)
    sources = WordsField(MAX_SOURCES)
    rate_limit = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_RATE
    )
    writes_for_others = serializers.BooleanField(required=False)
    expires_at = MomentField(required=False, allow_null=True)

    def validate_name(self, name: str) -> str:
        if not (name := one_line(name)):
            raise ValidationError(_("Enter a name."))
        return name

    def validate_allowed_from(self, words: list[str]) -> list[str]:
        return networks_in(words)

    def validate_sources(self, names: list[str]) -> list[str]:
        return keys.source_names("\n".join(names))


class KeyInput(KeyChange):
    scope = serializers.ChoiceField(ApiKey.Scope.choices, default=ApiKey.Scope.READ)
    with_twin = serializers.BooleanField(required=False)


class RotateInput(StrictSerializer):
    until = MomentField(required=False, allow_null=True)


def visible_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The keys whose queues lie within the actor's."""
    rows = ApiKey.objects.select_related("home_queue", "person", "primary")
    rows = rows.prefetch_related("queues")
    if actor.queues is None:
        return rows
    outside = ApiKey.queues.through.objects.filter(apikey=OuterRef("pk"))
    outside = outside.exclude(queue__in=actor.queues)
    home = Q(home_queue=None) | Q(home_queue__in=actor.queues)
    return rows.filter(home, ~Exists(outside), all_queues=False, is_sandbox=False)


class KeyView:
    """What the endpoints of keys share."""

    rows_for = staticmethod(visible_keys)
    shape = staticmethod(key_shape)

    def check_permissions(self, request):
        super().check_permissions(request)
        if request.auth.is_sandbox:
            raise PermissionDenied(_("A sandbox key manages no keys."))

    def within_own(self, ref: str) -> ApiKey:
        """A key that may do no more than the caller, or 403."""
        row = self.row(ref)
        if self.exceeding(row, row.queues.all()):
            raise PermissionDenied(_("This key may do what the key that asks may not."))
        return row

    def exceeding(self, row: ApiKey, queues: Iterable[Queue]) -> dict[str, str]:
        """By field, what a key would be allowed that the caller is not."""
        own, actor = self.request.auth, self.actor
        reach = {one.pk for one in queues} | ({row.home_queue_id} - {None})
        is_wide = actor.queues is None
        late = row.expires_at is None or (own.expires_at and row.expires_at > own.expires_at)
        fast = row.rate_limit is None or (own.rate_limit and row.rate_limit > own.rate_limit)
        foreign = not row.allowed_from or not are_within(row.allowed_from, own.allowed_from)
        found = {
            "scopes": not granted(row.scopes) <= actor.scopes,
            "scope": row.scope == ApiKey.Scope.WRITE and own.scope != ApiKey.Scope.WRITE,
            "all_queues": not is_wide and row.all_queues,
            "queues": not is_wide and not reach <= actor.queues,
            "writes_for_others": row.writes_for_others and not own.writes_for_others,
            "expires_at": bool(own.expires_at) and late,
            "rate_limit": bool(own.rate_limit) and fast,
            "allowed_from": bool(own.allowed_from) and foreign,
            "sources": bool(own.sources) and not set(row.sources) <= set(own.sources),
            "person": row.person_id not in (None, own.person_id),
        }
        words = _("That is more than the key that asks may do.")
        return {name: words for name, is_more in found.items() if is_more}

    def put(self, row: ApiKey, fields: dict) -> list[Queue]:
        """Set what was sent, checked; returns the queues that the key names."""
        queues = fields.pop("queues", None)
        for name, value in fields.items():
            setattr(row, name, value)
        try:
            row.scopes = keys.scope_names(row.scopes, row.scope)
        except ValidationError as error:
            raise ValidationError({"scopes": error.messages}) from error
        if queues is None:
            queues = list(row.queues.all()) if row.pk else []
        if not (row.all_queues or queues or row.home_queue_id or row.is_sandbox):
            raise ValidationError({"queues": _("Choose the queues it reaches, or all of them.")})
        if row.expires_at and row.expires_at <= timezone.now() and "expires_at" in fields:
            raise ValidationError({"expires_at": _("That is past.")})
        if more := self.exceeding(row, queues):
            raise ValidationError(more)
        return queues

    def shown_once(self, made: list[tuple[ApiKey, str]], status: int) -> HttpResponse:
        """The only answer with secrets. A repeated call is answered without them."""
        shapes = [{**key_shape(self.row(str(row.pk))), "secret": said} for row, said in made]
        without = [{**shape, "secret": None} for shape in shapes]
        renew = self.url(reverse("api:key-rotate", args=[shapes[0]["id"]]))
        return told_once(_paired(shapes), _paired(without), renew=renew, status=status)


def _paired(shapes: list[dict]) -> dict:
    return {**shapes[0], "secondary": shapes[1] if len(shapes) > 1 else None}


@key_rows
class Keys(KeyView, ListView):
    params = PAGING
    reads = KeyRead
    sort = BY_ID

    @key_post
    def post(self, request) -> HttpResponse:
        fields = self.checked(KeyInput)
        with_twin = fields.pop("with_twin", False)
        if with_twin and fields["scope"] != ApiKey.Scope.WRITE:
            words = _("A secondary key only reads, as this one does: give it the scope “write”.")
            raise ValidationError({"with_twin": words})
        row = ApiKey(person_id=request.auth.person_id)
        queues = self.put(row, fields)
        made = keys.make_key(row, queues, by=self.actor, with_twin=with_twin)
        return self.shown_once(made, 201)


@key_row
class OneKey(KeyView, OneView):
    @key_patch
    def patch(self, request, ref: str) -> HttpResponse:
        found = self.within_own(ref)
        with transaction.atomic():
            row = ApiKey.objects.select_for_update(of=("self",)).get(pk=found.pk)
            if row.revoked_at or row.primary_id:
                words = _("This key is not edited: it is revoked, or follows its primary.")
                raise ValidationError(words)
            queues = self.put(row, self.checked(KeyChange, partial=True))
            keys.change_key(row, queues, by=self.actor)
        return self.said(self.row(str(found.pk)))

    @key_delete
    def delete(self, request, ref: str) -> HttpResponse:
        """Revoke it, and its secondary key."""
        keys.revoke_key(self.within_own(ref), by=self.actor)
        return nothing()


class RotatedKey(KeyView, OneView):
    http_method_names = ("post",)

    @key_rotate
    def post(self, request, ref: str) -> HttpResponse:
        row = self.within_own(ref)
        until = self.checked(RotateInput).get("until") if request.body else None
        if until and until <= timezone.now():
            raise ValidationError({"until": _("That is past. Leave it out to stop it at once.")})
        secret = keys.rotate_key(row, by=self.actor, overlap_until=until)
        return self.shown_once([(row, secret)], 200)


class EndedOverlap(KeyView, OneView):
    http_method_names = ("post",)

    @key_end_overlap
    def post(self, request, ref: str) -> HttpResponse:
        row = self.within_own(ref)
        keys.end_overlap(row, by=self.actor)
        return self.said(self.row(str(row.pk)))


class KeyInSandbox(KeyView, OneView):
    http_method_names = ("post", "delete")

    @key_sandbox
    def post(self, request, ref: str) -> HttpResponse:
        row = self.within_own(ref)
        if row.pk == request.auth.pk or self.actor.queues is not None:
            raise PermissionDenied(_("Only another key of all queues may do this."))
        keys.enter_sandbox(row, by=self.actor)
        return self.said(self.row(str(row.pk)))

    @key_sandbox_end
    def delete(self, request, ref: str) -> HttpResponse:
        row = self.within_own(ref)
        keys.leave_sandbox(row, by=self.actor)
        return self.said(self.row(str(row.pk)))
