"""The loader of templates that settings name."""

import threading
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.template.loaders import cached

from helpdesk.templating.compiler import Compiled, compile_nodes


class Loader(cached.Loader):
    """Django's own, which reads a template once; it is rendered by functions from then on.

    In debugging Django's nodes render, which say in what line of a template a fault is.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._compiling = threading.Lock()

    def get_template(self, template_name: str, skip: list | None = None):
        template = super().get_template(template_name, skip)
        if not template.engine.debug and not getattr(template, "is_compiled", False):
            with self._compiling:
                if not getattr(template, "is_compiled", False):
                    compile_nodes(template.nodelist)
                    template.is_compiled = True
        return template


def read_ahead(*patterns: str) -> None:
    """Read our templates of these names and write their functions."""
    home = settings.BASE_DIR / "templates"
    for pattern in patterns:
        for file in sorted(home.glob(pattern)):
            nodes = get_template(str(file.relative_to(home))).template.nodelist
            if isinstance(nodes, Compiled):
                nodes.write_now()
