"""Every address of the helpdesk, read from the URL resolver."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\[[^]]*\])*\)")


@dataclass(frozen=True)
class Address:
    """One pattern. `name` is its name with namespaces, or its route where it has none."""

    route: str
    name: str

    @property
    def parameters(self) -> list[str]:
        return [one or other for one, other in PARAMETER.findall(self.route)]

    @property
    def uuids(self) -> list[str]:
        return re.findall(r"<uuid:(\w+)>", self.route)

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")

    def path(self, values: dict) -> str:
        """The address with these values; `^` and `$` of regular expressions are left out."""

        def value(match: re.Match) -> str:
            return str(values[match[1] or match[2]])

        return "/" + re.sub(r"[\^$]|\\Z", "", PARAMETER.sub(value, self.route))


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, prefix: str, spaces: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from _walk(pattern, route, inner)
        else:
            yield Address(route, f"{spaces}{pattern.name}" if pattern.name else route)
