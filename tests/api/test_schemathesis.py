"""The OpenAPI document is true: schemathesis finds nothing on any operation, whoever calls.

No server error, no status, content type or body that is not described, nothing accepted that is
described as wrong. A few cases for each operation; `make fuzz` sends many (FUZZ for each, begun at
FUZZ_SEED).
"""

import pytest

from tests.api.fuzzing import Callers, asked, labels_by_path

LABELS = labels_by_path()


@pytest.mark.django_db
@pytest.mark.parametrize("path", LABELS)
def test_schemathesis_finds_nothing(path):
    callers = Callers()
    for label in LABELS[path]:
        callers.run(label, **asked())
    found = "\n\n".join(callers.found.values())
    assert not found, f"{len(callers.found)} findings, with {asked()}:\n\n{found}"
