"""What no type and no import contract can hold: who writes, how long files are, what they name."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
TEXTS = {".py", ".html", ".css", ".js", ".md", ".txt", ".toml", ".cfg", ".yml", ".json", ".csv"}
TEXTS |= {".service", ".target", ".conf", ".po", ".lock", ".env", ".example", ""}

GUARDED = {"Ticket", "Comment", "User"}
WRITES = {
    "abulk_create", "acreate", "bulk_create", "bulk_update", "create", "create_superuser",
    "create_user", "delete", "get_or_create", "save", "update", "update_or_create",
}  # fmt: skip
GUARDED_NAMES = {"ticket", "tickets", "comment", "comments", "user", "requester", "person"}
WRITERS = ("helpdesk/actions/", "helpdesk/models/", "helpdesk/migrations/")
OWN = "helpdesk/web/preferences.py"  # one's own preferences are saved by their door


def tracked() -> list[Path]:
    """Every file that is or will be part of the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and name_of(path).startswith(("helpdesk/", "integrations/"))
    ]


def words_in(node: ast.AST) -> list[str]:
    """The names along an expression: `Ticket.objects.filter(x).update` → Ticket, objects, …"""
    names = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            return [node.id, *reversed(names)]
        else:
            return list(reversed(names))


def writes_in(source: str) -> list[str]:
    """Calls that write a ticket, a comment or a person past the verbs."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        [*path, verb] = words_in(node.func)
        by_manager = len(path) > 1 and path[0] in GUARDED and path[1] == "objects"
        by_instance = verb in ("save", "delete") and path and path[-1] in GUARDED_NAMES
        if verb in WRITES and (by_manager or by_instance):
            found.append(f"line {node.lineno}: {'.'.join([*path, verb])}")
    return found


def test_tickets_comments_and_people_are_written_by_verbs_alone():
    found = {
        name_of(path): writes
        for path in python_files()
        if not name_of(path).startswith((*WRITERS, OWN)) and (writes := writes_in(path.read_text()))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "Ticket.objects.create(title='x')",
        "Comment.objects.filter(pk=1).exclude(a=2).update(body='')",
        "User.objects.get_or_create(email=e)",
        "Ticket.objects.visible_to(a).get(pk=1).save()",
        "self.ticket.save(update_fields=[])",
        "comment.delete()",
    ],
)
def test_the_test_for_writes_can_fail(source):
    assert writes_in(source)


def test_reading_and_other_rows_are_no_writes():
    assert not writes_in("Ticket.objects.filter(a=1); Link.objects.create(ticket=t); {}.update()")


def test_no_module_is_longer_than_the_limit():
    long = {
        name_of(path): lines
        for path in tracked()
        if path.suffix in {".py", ".css", ".js", ".html"}
        and "/migrations/" not in name_of(path)
        and not name_of(path).startswith("tests/")
        and (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")[^>]*>|<style[ >]"
    r"|<[a-z][^>]*\s(?:style|on[a-z]+)\s*=|javascript:",
    re.IGNORECASE,
)


def test_templates_hold_no_inline_script_style_or_handler():
    found = {
        name_of(path): match[0]
        for path in tracked()
        if path.suffix == ".html"
        and not name_of(path).startswith("templates/admin/")
        and (match := INLINE.search(path.read_text()))
    }
    assert not found


@pytest.mark.parametrize(
    "html", ["<script>x</script>", '<p class="a" onclick="x">', '<b style="x">', "<style>"]
)
def test_the_test_for_inline_code_can_fail(html):
    assert INLINE.search(html)


# Written so that this file does not hold what it looks for.
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/[\w.]")
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("deb", "debian", "org"),
            ("pypi", "python", "org"),
        ]
    )
)


def test_files_name_no_machine_and_no_registry():
    found = {}
    for path in tracked():
        if path.suffix not in TEXTS or path.stat().st_size > 5_000_000:
            continue
        text = path.read_text(errors="replace")
        if match := MACHINE.search(text) or HOSTS.search(text):
            found[name_of(path)] = match[0]
    assert not found


def test_connectors_do_not_touch_the_database():
    pure = [
        path
        for path in python_files()
        if re.fullmatch(
            r"integrations/(connector|http|merge|services/\w+/(wire|client))\.py", name_of(path)
        )
    ]
    found = [name_of(path) for path in pure if re.search(r"django\.db\b", path.read_text())]
    assert not found


def test_imports_stand_at_the_top():
    """`AppConfig.ready` alone may import later."""
    found = {}
    for path in python_files():
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef) or function.name == "ready":
                continue
            if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)):
                found.setdefault(name_of(path), []).append(function.name)
    assert not found
