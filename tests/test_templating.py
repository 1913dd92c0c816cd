"""What is constant in a template is rendered once for each language, and says the same."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.templatetags.i18n import TranslateNode
from django.urls import NoReverseMatch, set_script_prefix
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe

from helpdesk.models import User
from helpdesk.templating import parts
from helpdesk.templating.compiler import compile_nodes

LIBRARIES = {"look": "helpdesk.templatetags.look", "i18n": "django.templatetags.i18n"}
BEGIN = "{% load i18n look %}"
TEMPLATES = settings.BASE_DIR / "templates"
OURS = sorted(str(one.relative_to(TEMPLATES)) for one in TEMPLATES.rglob("*.html"))


def both(source: str, values: dict | None = None, **options) -> tuple[str, str]:
    """A template as Django renders it and as it is rendered when joined, the second time."""
    engine = Engine(libraries=LIBRARIES, **options)
    plain, joined = (engine.from_string(BEGIN + source) for _time in range(2))
    compile_nodes(joined.nodelist)
    joined.render(Context(values, autoescape=engine.autoescape))
    return tuple(
        one.render(Context(values, autoescape=engine.autoescape)) for one in (plain, joined)
    )


@pytest.mark.parametrize(
    "source",
    [
        "a {% translate 'Tickets' %} b {# nothing #}{{ name }} {% icon 'x' %}{% url 'tickets' %} c",
        "{% if name %}{% translate 'Reply' %}{% elif other %}b{% else %}{% icon 'x' %}{% endif %}",
        "{% for one in name %}{{ one }}{% icon 'x' '' _('Close') %}{% empty %}no{% endfor %}",
        "{% with a=name %}{{ a }}{% translate 'Note' %}{% endwith %}",
        "{% translate 'Note' as word %}{{ word }} {% url 'tickets' as here %}{{ here }}",
        "{% translate name %}{% icon 'x' name %}{% translate 'Status'|upper %}",
        "{% autoescape off %}{{ name }}{{ '<b>' }}{% endautoescape %}{{ '<b>' }}",
        "{% language 'fr' %}{% translate 'Tickets' %}{% endlanguage %}{% translate 'Tickets' %}",
        "{% if not name %}a{% elif name.more or other == 1 %}b{% endif %}{% if a.b %}c{% endif %}",
        "{% if lazy.name and lazy.missing is None %}{{ lazy.name.upper }}{% endif %}{{ lazy }}",
        "{% if other.real == 1 and lazy.save %}{{ other }}{% endif %}{% if form.x %}d{% endif %}",
        "{% comment %}{% translate 'Tickets' %}{% endcomment %}{{ _('Reply') }}",
        "{% if name.upper > lazy.name %}a{% endif %}{{ lazy.name }}{{ lazy.name|upper }}",
        "{% if other.a and lazy.name.upper %}a{% endif %}{{ lazy.name.upper }}{{ lazy.name }}",
        "{{ lazy.name }}{% with lazy=name %}{{ lazy.upper }}{% endwith %}{{ lazy.name }}",
        "{% for lazy in name %}{{ lazy.upper }}{{ lazy.upper }}{% endfor %}{{ lazy.name }}",
        "{{ name.upper }}{% translate 'Note' as name %}{{ name.upper }}{{ name.lower }}",
        "{% for one in name %}{% for two in name %}{{ forloop.counter }}{% endfor %}"
        "{{ forloop.counter }}{{ forloop.counter0 }}{{ one.upper }}{% endfor %}",
    ],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_it_says_what_django_says(source, language):
    lazy = SimpleLazyObject(lambda: User(name="<Ada>"))
    for values in ({"name": "<i>"}, {"other": 1}, {"lazy": lazy}, {}):
        with translation.override(language):
            plain, joined = both(source, values)
        assert joined == plain


@pytest.mark.parametrize(
    "source",
    [
        "{% url 'ticket' number %}",
        "{% url 'ticket-menu' number 'team' %} {% url 'ticket-menu' number word %}",
        "{% url 'ticket-transition' number other %}",
        "{% url 'attachment' uuid %}",
        "{% url 'ticket' number as here %}{{ here }}",
        "{% url 'ticket' missing as none %}({{ none }})",
        "{% url name number %} {% url 'admin:index' %}",
    ],
)
def test_an_address_is_the_one_that_django_gives(source):
    uuid = UUID("12345678-9abc-4def-8012-3456789abcde")
    values = {"number": 7, "other": 12, "uuid": uuid, "word": "team", "name": "ticket"}
    for changed in ({}, {"number": 8, "other": 7}, {"number": "9"}, {"uuid": str(uuid)}):
        plain, joined = both(source, values | changed)
        assert joined == plain


@pytest.mark.parametrize("wrong", [-1, "", None, "x/y"])
def test_a_value_that_is_in_no_address_is_refused_as_django_does(wrong):
    template = Engine(libraries=LIBRARIES).from_string("{% url 'ticket' number %}")
    compile_nodes(template.nodelist)
    assert template.render(Context({"number": 7})) == "/tickets/7/"
    with pytest.raises(NoReverseMatch):
        template.render(Context({"number": wrong}))


class Thing:
    """What a template may meet: values, methods, and what goes wrong."""

    name, none, number, moment = "<Ann>", None, 1234567, datetime(2026, 3, 1, 12, tzinfo=UTC)
    safe = mark_safe("<b>")

    def method(self) -> str:
        return "called &"

    def asks(self, what: str) -> str:
        return what

    def changes(self) -> str:
        raise AssertionError("called")

    changes.alters_data = True

    @property
    def nobody(self) -> None:
        raise User.DoesNotExist

    @property
    def wrong(self) -> None:
        raise ValueError("said once")


@pytest.mark.parametrize(
    "name",
    "name none number moment safe method method.upper asks changes nobody nobody.name missing"
    " missing.name name.0 name.upper none.name".split(),
)
@pytest.mark.parametrize("form", ["{{ thing.%s }}", "{{ thing.%s|default:word.a|upper }}"])
def test_a_value_is_what_django_finds(name, form):
    for thing in (Thing(), {"name": "a<", "0": 1}, ["x", 2], None):
        for autoescape in (True, False):
            values = {"thing": thing, "word": {"a": "b"}}
            plain, joined = both(form % name, values, autoescape=autoescape)
            assert joined == plain


@pytest.mark.parametrize(
    "source",
    [
        "{% if thing.missing or not thing.number > 3 and thing.nobody %}a{% else %}b{% endif %}",
        "{% for one in rows %}{{ forloop.counter }}{{ one.0 }}{{ one.1.name }}{% endfor %}",
        "{% for key, value in pairs.items %}{{ key }}={{ value }}{{ pairs.a }} {% endfor %}",
        "{% with a=thing.name b=thing.number %}{{ a }}{{ b }}{{ b|add:thing.number }}{% endwith %}",
        "{% icon icon %}{% blocktranslate with a=thing.name %}{{ a }}!{% endblocktranslate %}",
    ],
)
def test_so_it_is_inside_of_tags(source):
    values = {"thing": Thing(), "rows": [("a", Thing()), ("b", {})], "pairs": {"a": 1, "<": None}}
    plain, joined = both(source, values | {"icon": "x"})
    assert joined == plain


@pytest.mark.parametrize(
    "source",
    [
        "{% if a == 1 and b != a %}x{% endif %}{% if a > b %}y{% elif b >= a %}z{% endif %}",
        "{% if a < 'x' or a in rows %}x{% endif %}{% if 1 in rows %}y{% endif %}",
        "{% if a not in thing %}x{% else %}y{% endif %}{% if a is None %}z{% endif %}",
        "{% if not a is not None %}x{% endif %}{% if a <= 1 %}y{% endif %}",
        "{% if missing.more or rows|length > 1 %}x{% endif %}{% if not missing %}y{% endif %}",
        "{% if thing.nobody == thing.none %}x{% endif %}{% if a == _('Note') %}y{% endif %}",
        "{% for one in no %}x{% empty %}{{ forloop }}{% endfor %}{% for one in a %}z{% endfor %}",
        "{% for one in rows reversed %}{{ forloop.revcounter }}{{ forloop.last }}{% endfor %}",
        "{% for one in rows %}{% for two in rows %}{{ forloop.parentloop.counter0 }}{{ two }}"
        "{{ forloop.first }}{{ forloop.revcounter0 }}{% endfor %}{{ one }}{% endfor %}{{ one }}",
        "{% for one in rows %}{{ kept }}{% translate 'Note' as kept %}{% endfor %}{{ kept }}",
        "{% for a, b in pairs %}{{ kept }}{{ a }}{{ b }}{% translate 'Note' as kept %}{% endfor %}",
        "{% for one in some %}{{ one }}{% ifchanged %}{{ one }}{% endifchanged %}{% endfor %}",
        "{% for one in rows %}{% cycle 'a' 'b' %}{% endfor %}{% for one in '' %}{% endfor %}",
        "{% avatar_of 3 name=thing.name %}{% csrf_token %}{% avatar_of 1 thing.name css='b' %}",
        "{% avatar thing.none size=28 as one %}{{ one }}{% icon icon|default:'x' %}",
    ],
)
def test_conditions_loops_and_tags_do_what_they_do_in_django(source):
    given = {"thing": Thing(), "rows": [1, "<", None], "pairs": [(1, "<"), ("b", None)]}
    for values in (
        {"a": "x"},
        {"a": "", "b": "<", "csrf_token": "<t>"},
        {"csrf_token": "NOTPROVIDED"},
    ):
        plain, joined = both(source, given | {"some": "aab"} | values)
        assert joined == plain


def test_a_generator_is_gone_through_once():
    template = Engine().from_string("{% for one in some %}{{ one }}{{ forloop.last }} {% endfor %}")
    compile_nodes(template.nodelist)
    assert template.render(Context({"some": (n for n in range(2))})) == "0False 1True "


def test_rows_that_do_not_fit_the_names_are_refused():
    template = Engine().from_string("{% for a, b in rows %}{{ a }}{% endfor %}{{ a }}")
    compile_nodes(template.nodelist)
    context = Context({"rows": [(1, 2, 3)]})
    depth = len(context.dicts)
    with pytest.raises(ValueError, match="values to unpack"):
        template.render(context)
    assert len(context.dicts) == depth


PARTS = {
    "part.html": "[{{ name }}{{ more }}"
    "{% if depth %}{% include './part.html' with depth='' %}{% endif %}]",
    "other.html": "({{ name }})",
}


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'part.html' %}{% include 'part.html' with more=name %}{{ more }}",
        "{% include 'part.html' with more=name only %}",
        "{% include 'part.html' with depth=1 %}",
        "{% for one in rows %}{% include one %}{% include 'other.html' %}{% endfor %}",
    ],
)
def test_what_is_included_is_the_same(source):
    loaders = [("django.template.loaders.locmem.Loader", {"page.html": source, **PARTS})]
    said = []
    for is_compiled in (False, True):
        template = Engine(loaders=loaders).get_template("page.html")
        if is_compiled:
            compile_nodes(template.nodelist)
        values = {"name": "<Ann>", "rows": ["part.html", "other.html"]}
        said.append([template.render(Context(values)) for _time in range(2)])
    assert said[0] == said[1]


def test_what_is_not_there_cannot_be_included():
    template = Engine(loaders=[]).from_string("{% include 'nowhere.html' %}")
    compile_nodes(template.nodelist)
    for _time in range(2):
        with pytest.raises(TemplateDoesNotExist, match="nowhere"):
            template.render(Context())


def test_an_error_of_a_value_is_raised():
    template = Engine(libraries=LIBRARIES).from_string("{{ thing.wrong }}")
    compile_nodes(template.nodelist)
    with pytest.raises(ValueError, match="said once"):
        template.render(Context({"thing": Thing()}))


def test_each_language_has_its_own_words_which_are_asked_for_once(monkeypatch):
    engine, asked = Engine(libraries=LIBRARIES), []
    render = TranslateNode.render
    monkeypatch.setattr(
        TranslateNode, "render", lambda *given: asked.append(given) or render(*given)
    )
    template = engine.from_string(BEGIN + "{% translate 'Reply' %}")
    compile_nodes(template.nodelist)
    said = []
    for language in ("en", "de", "en", "fr"):
        with translation.override(language):
            said.append(template.render(Context()))
    assert said[0] == said[2] == "Reply" and len(set(said)) == len(asked) == 3


@pytest.mark.parametrize(
    "source",
    [
        "{% blocktranslate %}100 % of {{ name }} {{ missing }}{% endblocktranslate %}",
        "{% blocktranslate with name=thing.name other=name|upper %}"
        "{{ name }} and {{ other }}{% endblocktranslate %}{{ other }}",
        "{% blocktranslate count n=number %}{{ n }} ticket{% plural %}{{ n }} tickets of {{ name }}"
        "{% endblocktranslate %}",
        "{% blocktranslate with m=number count n=m %}a{% plural %}b {{ m }}{% endblocktranslate %}",
        "{% blocktranslate trimmed %}\n  a\n  {{ name }}\n{% endblocktranslate %}",
        "{% blocktranslate asvar kept %}a {{ name }}{% endblocktranslate %}{{ kept }}{{ kept }}",
        "{% blocktranslate context 'verb' %}Open {{ name }}{% endblocktranslate %}",
        "{% autoescape off %}{% blocktranslate %}{{ name }}{% endblocktranslate %}"
        "{% endautoescape %}",
    ],
)
def test_phrases_say_what_they_say_in_django(source):
    for number in (0, 1, 2, 2.5):
        values = {"name": "<Ann>", "number": number, "thing": Thing()}
        plain, joined = both(source, values)
        assert joined == plain


def test_a_phrase_whose_translation_is_wrong_is_said_untranslated(monkeypatch):
    source = "{% blocktranslate %}a {{ name }}{% endblocktranslate %}"
    monkeypatch.setattr(parts, "gettext", lambda _words: "b %(nobody)s")
    plain, joined = both(source, {"name": "c"})
    assert joined == plain == "a c"


def test_a_phrase_is_counted_by_numbers_alone():
    source = BEGIN + "{% blocktranslate count n=name %}a{% plural %}b{% endblocktranslate %}"
    template = Engine(libraries=LIBRARIES).from_string(source)
    compile_nodes(template.nodelist)
    with pytest.raises(TemplateSyntaxError, match="must be a number"):
        template.render(Context({"name": "x"}))


def test_addresses_follow_where_the_site_is_mounted():
    engine = Engine(libraries=LIBRARIES)
    template = engine.from_string(BEGIN + "{% url 'tickets' %}")
    compile_nodes(template.nodelist)
    assert template.render(Context()) == "/tickets/"
    set_script_prefix("/desk/")
    try:
        assert template.render(Context()) == "/desk/tickets/"
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_templates_is_compiled(name):
    assert get_template(name).template.is_compiled
