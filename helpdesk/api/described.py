"""Hooks of the OpenAPI generator: what holds of every call, and is therefore said once, here."""

from collections.abc import Iterator

from helpdesk.api.examples import TEXT

NAMED = "#/components/schemas/"
SAID = r"^[^\x00]*\S[^\x00]*$"  # more than blanks, and no NUL
NARROWER = frozenset({"enum", "format", "pattern"})


def with_strict_bodies(result: dict, generator, request, public) -> dict:
    """A body holds nothing but what is described; an answer may hold empty words.

    The generator knows one description for both ways, unless it doubles all of them.
    """
    schemas = result["components"]["schemas"]
    sent = _reached(schemas, _bodies(result, "requestBody"))
    answered = _reached(schemas, _bodies(result, "responses"))
    for name in sent - answered:
        schema = schemas[name]
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
            for one in schema["properties"].values():
                if one.get("minLength") == 1 and not NARROWER & set(one):
                    one["pattern"] = SAID
                    one.setdefault("examples", [TEXT])
    for name in answered:
        for one in schemas[name].get("properties", {}).values():
            one.pop("minLength", None)
    return result


def with_said_parameters(result: dict, generator, request, public) -> dict:
    """A parameter of the address is refused when it is blank."""
    for operation in _operations(result):
        for one in operation.get("parameters", ()):
            schema = one["schema"]
            is_word = schema.get("type") == "string" and not NARROWER & set(schema)
            if one["in"] == "query" and is_word:
                schema["pattern"] = SAID
    return result


def with_deprecations(result: dict, generator, request, public) -> dict:
    """An endpoint that will go is marked so."""
    views = {path: view for path, _regex, _method, view in generator.endpoints or ()}
    for path, methods in result["paths"].items():
        if getattr(getattr(views.get(path), "cls", None), "deprecated", None):
            for operation in methods.values():
                operation["deprecated"] = True
    return result


def _operations(result: dict) -> Iterator[dict]:
    for methods in result["paths"].values():
        yield from methods.values()


def _bodies(result: dict, side: str) -> Iterator[dict]:
    for operation in _operations(result):
        yield operation.get(side, {})


def _reached(schemas: dict, roots: Iterator[dict]) -> set[str]:
    """The names of all descriptions that these lead to."""
    found: set[str] = set()
    waiting: list = list(roots)
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            name = str(one.get("$ref", "")).removeprefix(NAMED)
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += [inner for inner in one.values() if isinstance(inner, dict | list)]
    return found
