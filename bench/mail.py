"""Mail in: how much a second, for how much processor time and memory, and what killing does to it.

    DATABASE_URL=postgres://postgres@127.0.0.1/bench_mail .venv/bin/python bench/mail.py rate
    … bench/mail.py large      one message of 25 MB
    … bench/mail.py kills      fetchers killed 200 times on 500 messages

Messages lie on a dovecot that is started for the run and are fetched over IMAP as a worker does,
each deleted there once it is stored. The database may hold anything but messages.
"""

import argparse
import cProfile
import json
import os
import pstats
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
os.environ.setdefault("DATA", tempfile.mkdtemp(prefix="bench-mail-"))
os.environ["OUTBOUND_ALLOW"] = "127.0.0.0/8"

import django

django.setup()

from django.core.management import call_command
from django.db import connection, connections
from load import private_mib, processor_seconds

from helpdesk.mail import fetching
from helpdesk.models import Mailbox, StoredMessage
from tests.mail import dovecot, killing
from tests.mail.messages import message

WANTED, WANTED_LARGE = 30, 150  # messages a second; MiB beside what a small message takes
SENDERS = 1_000
WORDS = "the printer in the second room does not print what it is sent since this morning".split()


def messages(count: int) -> Iterator[bytes]:
    """A third new ones with HTML, a third plain, a third answers; one in ten with a file."""
    chance = random.Random(10)
    names: list[tuple[str, str]] = []
    for number in range(count):
        sender = f"Person {number % SENDERS} <person{number % SENDERS}@customer.example>"
        text = "\n".join(" ".join(chance.choices(WORDS, k=12)) for _line in range(8))
        more: dict = {"Message_ID": f"<bench-{number}@customer.example>"}
        if number % 3 == 0:
            more["html"] = "".join(f"<p>{line}</p>" for line in text.split("\n"))
        elif number % 3 == 2 and len(names) > 50:
            sender, before = names[-50]
            more |= {"In_Reply_To": before, "References": before}
            text += "\n\nOn Monday somebody wrote:\n" + "\n".join(f"> {one}" for one in [text] * 2)
        if number % 10 == 0:
            more["files"] = (("log.txt", chance.randbytes(20_000), "application/octet-stream"),)
        if number % 3 != 2:
            names.append((sender, more["Message_ID"]))
        yield message(text, sender=sender, subject=f"Printer {number}", **more)


def spent() -> float:
    """Processor seconds of this process and of PostgreSQL's for it, so far."""
    connection.ensure_connection()
    return time.process_time() + processor_seconds([connection.connection.info.backend_pid])


def rate(server: dovecot.Dovecot, count: int, profiled: bool) -> bool:
    client = server.client("rate")
    for raw in messages(count):
        client.append("INBOX", None, None, raw)
    client.logout()
    mailbox = killing.make_mailbox(server.imap, "rate")
    profile = cProfile.Profile() if profiled else None
    memory, tenth, done = [], max(1, count // 10), 0
    begun, before, marked = time.perf_counter(), spent(), 0
    if profile:
        profile.enable()
    while done < count:
        mailbox.refresh_from_db()
        look = fetching.fetch(mailbox, seconds=5)
        assert look is not None and not look.error, look
        done += look.stored
        if done - marked >= tenth or done >= count:
            marked = done
            memory.append(private_mib(os.getpid()))
            pace = done / (time.perf_counter() - begun)
            each = (spent() - before) / done * 1000
            words = f"{pace:6.1f} a second, {each:.1f} ms of processor time each"
            print(f"{done:6} {words}, {memory[-1]:.0f} MiB", flush=True)
    took, cost = time.perf_counter() - begun, spent() - before
    if profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        pstats.Stats(profile).sort_stats("cumulative").print_stats("helpdesk", 40)
    states = killing.counted()
    print(
        f"{count} messages: {count / took:.1f} a second, {cost / count * 1000:.1f} ms of processor"
    )
    print(
        f"time each, load {os.getloadavg()[0]:.1f}, memory {memory[0]:.0f} to {memory[-1]:.0f} MiB"
    )
    print(states["states"], states["held"][:5])
    return count / cost >= WANTED and memory[-1] - memory[0] < 20


def large(server: dovecot.Dovecot, megabytes: int) -> bool:
    """Peak memory of a fetcher that takes one large message, beside that of a small one."""
    peaks = []
    for name, size in (("small", 1_000), ("big", int(megabytes * 1024 * 1024 / 1.37))):
        content = random.Random(25).randbytes(size)
        raw = message(
            subject=name,
            files=(("film.mp4", content, "video/mp4"),),
            Message_ID=f"<{name}@x.example>",
        )
        server.put(name, raw)
        mailbox = killing.make_mailbox(server.imap, name)
        print(f"{name}: {len(raw) / 1024**2:.1f} MiB on the wire", flush=True)
        del raw, content
        peaks.append(_peak_of_fetching(mailbox.pk))
    print(f"peak {peaks[0]:.0f} and {peaks[1]:.0f} MiB: {peaks[1] - peaks[0]:.0f} MiB more")
    print(killing.counted())
    return peaks[1] - peaks[0] <= WANTED_LARGE


def _peak_of_fetching(number: int) -> float:
    """In MiB, by a process that starts anew, of its own memory alone: `ru_maxrss` would begin with
    our peak, which the kernel hands on."""
    code = (
        "import django; django.setup(); from helpdesk.mail import fetching;"
        "from helpdesk.models import Mailbox;"
        f"look = fetching.fetch(Mailbox.objects.get(pk={number}));"
        "assert look.stored == 1, look;"
        "lines = open('/proc/self/status').read().splitlines();"
        "print(next(line.split()[1] for line in lines if line.startswith('VmHWM:')))"
    )
    read, write = os.pipe()
    connections.close_all()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code],
        os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
    )
    os.close(write)
    with os.fdopen(read) as said:
        words = said.read()
    os.waitpid(child, 0)
    return int(words.split()[-1]) / 1024


def kills(server: dovecot.Dovecot, count: int, number: int, seed: int) -> bool:
    killing.put(server, "kills", count)
    done = killing.storm(port=server.imap, account="kills", kills=number, seed=seed)
    print(json.dumps(done, indent=1))
    every = (done["messages"], done["tickets"], done["opened"])
    return every == (count,) * 3 and not done["double"] and sum(done["killed"].values()) == number


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["rate", "large", "kills"])
    parser.add_argument("--messages", type=int, help="10,000 for rate, 500 for kills")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--megabytes", type=int, default=25)
    parser.add_argument("--profile", action="store_true", help="slower, and says where time goes")
    wanted = parser.parse_args()
    call_command("migrate", verbosity=0)
    if StoredMessage.objects.exists() or Mailbox.objects.exists():
        sys.exit("The database holds mail already: name an empty one.")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = dovecot.start(folder)
    try:
        if wanted.what == "rate":
            well = rate(server, wanted.messages or 10_000, wanted.profile)
        elif wanted.what == "large":
            well = large(server, wanted.megabytes)
        else:
            well = kills(server, wanted.messages or 500, wanted.kills, wanted.seed)
    finally:
        dovecot.stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
