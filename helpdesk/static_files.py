"""Static files as they are served: with a hash in the name, compressed, the look in one sheet."""

import re
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/app.css"
IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?;')


class OneSheetStorage(CompressedManifestStaticFilesStorage):
    """While it is written a style sheet is one file a component; a browser asks for one file."""

    def post_process(self, paths: dict, dry_run: bool = False, **options) -> Iterator[tuple]:
        """`paths` are those of collectstatic: name to (storage, path there)."""
        if SHEET in paths:
            joined = InMemoryStorage()
            joined.save(SHEET, ContentFile(_joined(paths).encode()))
            paths = paths | {SHEET: (joined, SHEET)}
        yield from super().post_process(paths, dry_run, **options)


def _joined(paths: dict) -> str:
    """The sheet with what it imports in place, each in the layer which the import names."""

    def imported(found: re.Match) -> str:
        name = f"css/{found['path']}"
        text = _read(paths, name)
        if "/" in found["path"]:  # what it names is one folder nearer now
            text = text.replace('url("../../', 'url("../')
        return f"@layer {found['layer']} {{\n{text}}}" if found["layer"] else text

    return IMPORT.sub(imported, _read(paths, SHEET))


def _read(paths: dict, name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()
