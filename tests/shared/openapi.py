"""A vendor's OpenAPI document as judge: whether an answer is one that it allows."""

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)
from openapi_spec_validator import validate

METHODS = ("get", "post", "put", "patch", "delete")


class Contract:
    """The document in a file. `base` is what stands before its paths in the addresses asked."""

    def __init__(self, file: Path, base: str = "") -> None:
        self.document: dict[str, Any] = json.loads(file.read_text())
        self.base = base
        self.seen: set[tuple[str, str, int]] = set()  # operation and status of what was judged

    @cached_property
    def operations(self) -> set[tuple[str, str]]:
        """Method (in capitals) and path template of every operation."""
        return {
            (method.upper(), template)
            for template, said in self.document["paths"].items()
            for method in said
            if method in METHODS
        }

    def check_itself(self) -> None:
        """Raises where the document is no valid OpenAPI."""
        validate(self.document)

    def faults(self, method: str, path: str, answer: Any) -> list[str]:
        """What an answer (Django's or of `requests`) to a call has other than the document says."""
        template = self._template(method, path)
        where = f"{method} {template} {answer.status_code}"
        said = self.document["paths"][template][method.lower()]["responses"]
        declared = said.get(str(answer.status_code)) or said.get("default")
        if declared is None:
            return [f"{where}: this status is not declared"]
        self.seen.add((method, template, answer.status_code))
        content = self._resolved(declared).get("content", {})
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if not content:
            return [f"{where}: a body where none is declared"] if answer.content else []
        if kind not in content:
            return [f"{where}: {kind!r} instead of {sorted(content)}"]
        if not kind.endswith("json") or not content[kind].get("schema"):
            return []
        errors = self._validator(content[kind]["schema"]).iter_errors(json.loads(answer.content))
        return [f"{where}: {error.json_path}: {error.message[:300]}" for error in errors]

    def _template(self, method: str, path: str) -> str:
        path = path.partition("?")[0].removeprefix(self.base)
        found = [
            template
            for known, template in self.operations
            if known == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        ]
        assert found, f"{method} {path} is no operation of the document."
        return min(found, key=lambda template: template.count("{"))

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _validator(self, schema: dict[str, Any]) -> Any:
        whole = {"allOf": [schema], "components": self.document.get("components", {})}
        if self.document["openapi"].startswith("3.0"):
            return OAS30ReadValidator(whole, format_checker=oas30_format_checker)
        return OAS31Validator(_nullable(whole), format_checker=oas31_format_checker)


def _nullable(node: Any) -> Any:
    """The `nullable` of 3.0, which some documents of 3.1 still use, in the words of 3.1."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: _nullable(one) for name, one in node.items()}
    if found.get("nullable") is not True:
        return found
    if isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
        return found
    return {"anyOf": [found, {"type": "null"}]}
