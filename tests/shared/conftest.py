"""Real data and contracts that lie beside this repository."""

from pathlib import Path

import pytest
from django.conf import settings

SHARED = Path(settings.BASE_DIR).parent / "shared"


@pytest.fixture
def examples() -> Path:
    return SHARED / "services" / "examples"
