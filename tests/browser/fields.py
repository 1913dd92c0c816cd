"""One value for each kind of custom field: how it is typed, and how the timeline says it."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from helpdesk.models import CustomField, User
from tests.browser.keyboard import Keyboard

Kind = CustomField.Kind
OF_PEOPLE = ".added"  # the line of a people field that takes more of them


@dataclass(frozen=True)
class Entry:
    """`typed` is what a hand types or ticks, `said` a word of what the timeline must show."""

    kind: str
    typed: str
    said: str

    @property
    def field(self) -> CustomField:
        return CustomField.objects.kept().filter(kind=self.kind).earliest("pk")

    def control(self, form: Locator) -> Locator:
        """Where it is entered in the form of the properties."""
        name = f"custom.{self.field.key}"
        if self.kind == Kind.CHOICES:
            return form.get_by_role("checkbox", name=self.typed, exact=True)
        return form.locator(f'[name="{name}{OF_PEOPLE if self.kind == Kind.PEOPLE else ""}"]')


def entries() -> list[Entry]:
    """All ten kinds, with values that the demo data does not have."""
    person = User.objects.filter(role="agent").order_by("pk")[1]
    return [
        Entry(Kind.TEXT, "PO-7781", "PO-7781"),
        Entry(Kind.TEXTAREA, "Restart it twice", "Restart it twice"),
        Entry(Kind.NUMBER, "4242", "4242"),
        Entry(Kind.DATE, "2026-03-14", "14"),
        Entry(Kind.TOGGLE, "", "Customer is blocked"),
        Entry(Kind.CHOICE, "Levant", "Levant"),
        Entry(Kind.CHOICES, "Mobile app", "Mobile app"),
        Entry(Kind.PEOPLE, person.email, person.name),
        Entry(Kind.EMAIL, "contact@example.org", "contact@example.org"),
        Entry(Kind.URL, "https://status.example.org/", "status.example.org"),
    ]


def enter_by_keyboard(hands: Keyboard, form: Locator, entry: Entry) -> None:
    control = entry.control(form)
    if entry.kind in (Kind.TOGGLE, Kind.CHOICES):
        hands.choose(control, "Space")
    elif entry.kind == Kind.CHOICE:
        hands.reach(control)
        hands.type(entry.typed)
    elif entry.kind == Kind.DATE:
        year, month, day = entry.typed.split("-")
        hands.reach(control)
        hands.type(day + month + year)
    else:
        hands.fill(control, entry.typed)


def enter_by_mouse(form: Locator, entry: Entry) -> None:
    control = entry.control(form)
    if entry.kind in (Kind.TOGGLE, Kind.CHOICES):
        control.check()
    elif entry.kind == Kind.CHOICE:
        control.select_option(label=entry.typed)
    else:
        control.fill(entry.typed)


def unsaid(page: Page, said: list[str]) -> list[str]:
    """Which of these words the timeline does not show."""
    timeline = page.locator("#timeline").inner_text()
    return [words for words in said if words not in timeline]
