"""A real IMAP and POP3 server on this machine: Debian's dovecot, without rights, in a folder of its
own, with a certificate for 127.0.0.1 signed by itself. Where it is missing tests are skipped,
unless REQUIRE_DOVECOT is set."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mail import certificates

BINARY = shutil.which("dovecot") or (
    "/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else ""
)
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = helpdesk-tests
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1, 127.0.0.2
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
last_valid_uid = 0
mail_fsync = never
mail_home = {folder}/home/%u
mail_location = maildir:~/mail
pop3_delete_type = expunge
auth_mechanisms = plain xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
# Asks at this address whether a token is good, by RFC 7662.
TOKENS = """
introspection_mode = post
introspection_url = http://127.0.0.1:{tokens}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


@dataclass
class Dovecot:
    folder: Path
    imap: int
    pop3: int
    imaps: int
    pop3s: int
    tokens: int  # where somebody has to answer for tokens
    task: subprocess.Popen | None = None

    def client(self, user: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        client.login(user, "secret")
        return client

    def put(self, user: str, *messages: bytes, folder: str = "INBOX") -> None:
        client = self.client(user)
        for one in messages:
            kind, said = client.append(folder, None, None, one.replace(b"\r\n", b"\n"))
            assert kind == "OK", said
        client.logout()

    def count(self, user: str, folder: str = "INBOX") -> int:
        client = self.client(user)
        kind, said = client.select(folder, readonly=True)
        client.logout()
        return int(said[0]) if kind == "OK" else 0


def start(folder: Path) -> Dovecot:
    server = Dovecot(folder, *(_free_port() for _one in range(5)))
    user, group = _names()
    values = {"folder": folder, "user": user, "group": group}
    for name in ("run", "state", "home"):
        (folder / name).mkdir()
    path = folder / "dovecot.conf"
    for name in ("imap", "pop3", "imaps", "pop3s"):
        values[name] = getattr(server, name)
    path.write_text(CONFIGURATION.format(**values))
    certificates.make(folder)
    (folder / "oauth2.conf").write_text(TOKENS.format(tokens=server.tokens))
    way = {"user": user, "group": group} if os.getuid() == 0 else {}
    for one in (folder, *folder.rglob("*")) if way else ():
        shutil.chown(one, user, group)
    server.task = subprocess.Popen([BINARY, "-F", "-c", str(path)], stderr=subprocess.PIPE, **way)
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if server.task.poll() is not None:
            pytest.fail(f"dovecot ended: {server.task.stderr.read().decode()}{_log(folder)}")
        try:
            server.client("nobody").logout()
            return server
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
    stop(server)
    pytest.fail(f"dovecot did not answer: {_log(folder)}")


def stop(server: Dovecot) -> None:
    server.task.terminate()
    try:
        server.task.wait(10)
    except subprocess.TimeoutExpired:
        server.task.kill()
        server.task.wait()


def missing() -> str:
    """Why there is no server, or nothing."""
    return "" if BINARY else "needs dovecot: apt-get install dovecot-imapd dovecot-pop3d"


def is_required() -> bool:
    return bool(os.environ.get("REQUIRE_DOVECOT"))


def _names() -> tuple[str, str]:
    """Who it runs as: whoever runs the tests, but never an administrator."""
    if os.getuid() == 0:
        return "nobody", "nogroup"
    return pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _log(folder: Path) -> str:
    path = folder / "log"
    return path.read_text()[-2000:] if path.exists() else ""
