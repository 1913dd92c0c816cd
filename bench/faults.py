"""Mirror through faults: many changes per service while calls fail and workers are killed.

    .venv/bin/python bench/faults.py [--services akana,onna] [--changes 1000] [--tickets 100]

Two helpdesks on SQLite are started in a temporary folder; the second one serves every API named and
deals out faults to 30 % of the calls. Ends with 1 unless both ends are equal and quiet.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

import django

django.setup()

from tests.integrations.pairs import SERVICES, connected
from tests.integrations.storm import SHARES, rage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", default=",".join(SERVICES))
    parser.add_argument("--changes", type=int, default=1000, help="per service")
    parser.add_argument("--tickets", type=int, default=100, help="per service")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill-every", type=float, default=30.0, help="seconds, about")
    parser.add_argument("--patience", type=float, default=3600.0, help="seconds to become equal")
    entered = parser.parse_args()
    services = entered.services.split(",")
    with (
        tempfile.TemporaryDirectory() as folder,
        connected(Path(folder), services, shares=SHARES, seed=entered.seed) as two,
    ):
        outcome = rage(
            two,
            tickets=entered.tickets,
            changes=entered.changes,
            seed=entered.seed,
            kill_every=entered.kill_every,
            patience=entered.patience,
            say=lambda words: print(words, flush=True),
        )
    print(outcome.told())
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
