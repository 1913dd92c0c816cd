"""Who works in a team, who only reads there, and who leads it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.auditing import record_setting
from helpdesk.actions.configuring import may_set_up
from helpdesk.actor import STAFF, Actor
from helpdesk.models import Membership, SettingChange, Team, User


@transaction.atomic
def set_member(
    team: Team,
    person: User,
    *,
    by: Actor,
    access: str = Membership.Access.WORK,
    is_lead: bool = False,
) -> Membership:
    """Put a person into a team, or change what they may do there.

    Raises PermissionDenied, ValidationError by field.
    """
    team = _locked(team, by)
    if person.role not in STAFF or not person.is_active:
        raise ValidationError({"user": _("%(person)s does not work here.") % {"person": person}})
    if access not in Membership.Access.values:
        said = {"names": ", ".join(Membership.Access.values)}
        raise ValidationError({"access": _("Choose one of %(names)s.") % said})
    if is_lead and access != Membership.Access.WORK:
        raise ValidationError({"is_lead": _("Who leads a team works in it.")})
    row = Membership.objects.filter(team=team, user=person).first()
    before = _said(row)
    row = row or Membership(team=team, user=person)
    row.access, row.is_lead, row.deleted_at = access, is_lead, None
    if (after := _said(row)) != before:
        row.save()
        fields = {str(person): [before, after]}
        record_setting(SettingChange.Kind.CHANGED, team, by=by, fields=fields)
    return row


@transaction.atomic
def remove_member(team: Team, person: User, *, by: Actor) -> None:
    """Take a person out of a team; nothing happens if they are not in it."""
    team = _locked(team, by)
    row = Membership.objects.kept().filter(team=team, user=person).first()
    if row is None:
        return
    before = _said(row)
    row.deleted_at, row.is_lead = timezone.now(), False
    row.save(update_fields=["deleted_at", "is_lead"])
    fields = {str(person): [before, None]}
    record_setting(SettingChange.Kind.CHANGED, team, by=by, fields=fields)


def _locked(team: Team, by: Actor) -> Team:
    team = Team.objects.select_for_update().get(pk=team.pk)
    if not may_set_up(by, team):
        raise PermissionDenied(_("Only administrators and who leads this team change it."))
    if team.deleted_at is not None:
        raise ValidationError(_("This team was removed."))
    return team


def _said(row: Membership | None) -> str | None:
    if row is None or row.deleted_at is not None:
        return None
    return f"{row.access} · lead" if row.is_lead else str(row.access)
