"""Every setting, read from the environment. The README's table explains each variable."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from helpdesk.admin_look import UNFOLD as UNFOLD
from helpdesk.api.schemas.names import ENUMS

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def whole_number(name: str, default: int) -> int:
    try:
        return env.int(name, default=default)
    except ValueError:
        words = f"{name} must be a whole number, not “{env(name)}”."
        raise ImproperlyConfigured(words) from None


# Where everything that must survive is stored --------------------------------------------------
DATA = Path(env("DATA", default=str(BASE_DIR / "data"))).resolve()
try:
    DATA.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DATA can't be made: {error}") from error


def stored_secret(name: str, make) -> str:
    """A secret that is made once, on first start, in a file that only its owner can read."""
    path = DATA / name
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = make()
        file.write(value)
    return value


SECRET_KEY = env("SECRET_KEY", default="") or stored_secret(
    "secret.key", lambda: secrets.token_urlsafe(50)
)
# The first encrypts, all decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or stored_secret(
    "encryption.keys", lambda: Fernet.generate_key().decode()
).split(",")

# What `manage.py rotate_secrets` encrypts anew: app.Model.field
ENCRYPTED_FIELDS = [
    "helpdesk.Heartbeat.words",
    *("helpdesk.Mailbox.secret", "helpdesk.Mailbox.door_secret"),
    *(f"helpdesk.MailGrant.{name}_words" for name in ("client", "refresh", "access")),
    *("helpdesk.Webhook.secret", "helpdesk.Webhook.former_secret"),
    *("integrations.Connection.credentials", "integrations.Connection.memory"),
]

DEBUG = env.bool("DEBUG", default=False)
PORT = whole_number("PORT", 8000)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE = env.bool("SECURE", default=False)  # served over HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

INSTALLED_APPS = [
    "helpdesk",
    "integrations",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.doors.policy.PolicyMiddleware",
    "helpdesk.admin.csp.AdminPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helpdesk.doors.pages.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.doors.faults.FaultLab",
]

TEMPLATE_FINDERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATE_LOADER = ("helpdesk.templating.loader.Loader", TEMPLATE_FINDERS)
FORM_RENDERER = "helpdesk.form_renderer.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [TEMPLATE_LOADER])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "helpdesk.web.shell.shell",
            ],
        },
    },
]

# Databases: SQLite beside the data unless DATABASE_URL names another ---------------------------
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA / 'helpdesk.sqlite3'}")
}
if "ENGINE" not in DATABASES["default"]:
    raise ImproperlyConfigured(
        "DATABASE_URL is not understood. Write postgres://user:password@host/name, or leave it out."
    )
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # One writer: BEGIN IMMEDIATE is the row lock, and waits its turn for up to 20 s.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        DATABASES["default"]["ENGINE"] = "helpdesk.postgresql"
    DATABASES["default"]["CONN_MAX_AGE"] = whole_number("CONN_MAX_AGE", 600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
STATEMENT_SECONDS = whole_number("STATEMENT_SECONDS", 10)  # what a list may take on the web

WEB_PROCESSES = whole_number("WEB_PROCESSES", 1)  # more than one needs CACHE_URL
CACHE_URL = env("CACHE_URL", default="")
CACHES = {"default": {"BACKEND": "helpdesk.redis_cache.RedisCache", "LOCATION": CACHE_URL}}
if not CACHE_URL:
    CACHES["default"]["BACKEND"] = "django.core.cache.backends.locmem.LocMemCache"

# People ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "helpdesk.User"
SESSION_ENGINE = "helpdesk.doors.sign_in"
AUTHENTICATION_BACKENDS = ["helpdesk.doors.sign_in.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "helpdesk.web.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"reset_password": "helpdesk.web.accounts.ResetForm"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL = "account_login"

# Mail that leaves: without a mail server it is kept as files, which only this account reads -------
EMAIL_URL = env("EMAIL_URL", default="")
if EMAIL_URL:
    try:
        globals().update(env.email_url_config(EMAIL_URL))
    except ImproperlyConfigured as error:
        words = "EMAIL_URL is not understood. Write smtp+tls://user:password@host:587."
        raise ImproperlyConfigured(words) from error
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"
    EMAIL_FILE_PATH.mkdir(mode=0o700, exist_ok=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="helpdesk@localhost")
MAIL_ATTACH_MB = whole_number("MAIL_ATTACH_MB", 10)  # files of one message; larger ones as links
MAIL_KEEP_DAYS = whole_number("MAIL_KEEP_DAYS", 0)  # originals; 0 keeps them

# Words and times -------------------------------------------------------------------------------
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "helpdesk" / "locale"]
TIME_ZONE = env("TIME_ZONE", default="UTC")
try:
    ZoneInfo(TIME_ZONE)
except (ZoneInfoNotFoundError, ValueError, OSError) as error:
    raise ImproperlyConfigured(f"TIME_ZONE: there is no time zone “{TIME_ZONE}”.") from error
USE_TZ = True

# Files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "helpdesk.static_files.OneSheetStorage"},
}
MAX_UPLOAD_MB = whole_number("MAX_UPLOAD_MB", 50)
UNDO_SEND_SECONDS = whole_number("UNDO_SEND_SECONDS", 10)  # until a person chooses otherwise
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Content security: no inline script or style anywhere of ours ----------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Background work: the broker is only a nudge, what must happen is in database rows --------------
BROKER_URL = env("BROKER_URL", default="filesystem://")
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "helpdesk"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"


def every(seconds: int, task: str) -> dict:
    """A periodic message that is worth nothing once the next one is sent."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "announce": every(2, "helpdesk.announce"),
    "sync": every(2, "integrations.sync_due"),
    "backfills": every(2, "integrations.feed_backfills"),
    "drift": every(30, "integrations.tend_drift"),
    "journal": every(3600, "integrations.clean"),
    "jobs": every(5, "helpdesk.run_jobs"),
    "fetch-mail": every(5, "helpdesk.fetch_mail"),
    "work-mail": every(5, "helpdesk.work_mail"),
    "send-mail": every(5, "helpdesk.send_mail"),
    "wake": every(15, "helpdesk.wake"),
    "send": every(2, "helpdesk.send_due"),
    "webhooks": every(2, "helpdesk.deliver_webhooks"),
    "heartbeat": every(5, "helpdesk.heartbeat"),
    "days": every(600, "helpdesk.count_days"),
    "clean": every(3600, "helpdesk.clean"),
}
if BROKER_URL.startswith("filesystem:"):
    QUEUE_DIR = DATA / "broker"
    for folder in ("messages", "control"):
        (QUEUE_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT = "helpdesk.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.2,
    }
elif BROKER_URL.startswith("redis"):
    # Both restore options are needed, or messages of a killed worker wait an hour.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "visibility_timeout": 900,
        "socket_connect_timeout": 1,
    }

# Log lines: no secret of an address or a header is left readable in them -------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "helpdesk.logs.PlainFormatter"},
        "json": {"()": "helpdesk.logs.JsonFormatter"},
    },
    "handlers": {
        "lines": {
            "class": "logging.StreamHandler",
            "formatter": env("LOG_FORMAT", default="plain"),
        },
    },
    "root": {"handlers": ["lines"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "django": {"handlers": [], "level": env("LOG_LEVEL", default="WARNING")},
        "django.server": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # a page not found is no fault of ours
        "kombu.connection": {"level": "ERROR"},  # warns of every broker that has no host
    },
}

# How helpdesk announces: dotted names, loaded on first use ---------------------------------------
SUBSCRIBERS = [  # (changes: list[Change]) -> None, writes rows only
    "helpdesk.reports.intervals.note_statuses",
    "integrations.mirror.mark_due",
    "integrations.operations.drift.forget_redacted",
    "helpdesk.webhooks.subscriber.hand_on",
    "helpdesk.mail.keeping.forget_redacted",
    "helpdesk.mail.outgoing.outbox.hand_on",
    "helpdesk.actions.notifying.notify",
    "helpdesk.actions.sending.take_back_answered",
]
FORGETTERS = [  # (person, former address, former name)
    "integrations.erasing.forget_person",
    "helpdesk.webhooks.keeping.forget_person",
    "helpdesk.mail.keeping.forget_person",
    "helpdesk.mail.outgoing.keeping.forget_person",
]
PANELS = ["integrations.panels.sync_panel"]  # (ticket, actor) -> (template, context) | None
MARKS = ["integrations.panels.mirror_marks"]  # (ticket ids, actor) -> {id: mark}, one statement
HOME_NOTICES = ["integrations.panels.home_notices"]  # (actor) -> [{"words", "url", "icon"}]
API_CONNECTIONS = "integrations.over_api"  # a module; see helpdesk.api.connections
API_MAIL = "helpdesk.mail.over_api"  # a module; see helpdesk.api.mail
KEY_LINES = ["integrations.gateway.credentials.lines"]  # (key, secret) -> list[dict], see there
DEMO_PARTS = ["integrations.gateway.credentials.demo"]  # (secret) -> dict, joins demo.json
SANDBOX_RESETS = ["integrations.gateway.records.forget_all"]  # (keys, tickets), writes rows only
HEALTH_CHECKS = {  # () -> (ok, words)
    "connections": "integrations.health.check_connections",
    "webhooks": "helpdesk.webhooks.keeping.check_webhooks",
    "mail": "helpdesk.mail.sources.check_mail",
    "mail sign-in": "helpdesk.mail.fetching.grants.check_grants",
    "outgoing mail": "helpdesk.mail.outgoing.keeping.check_outgoing",
}
CONFIGURATION_CHECK_SECONDS = 1.0

# Whose word counts for where a call comes from: networks, or “unix” for a socket ------------------
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# Requests to other services ----------------------------------------------------------------------
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=[])  # networks, such as 127.0.0.0/8

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "VERSION": "1.0",  # the newest one in docs/api-changelog.md
    "OAS_VERSION": "3.1.0",
    "PREPROCESSING_HOOKS": ["helpdesk.api.docs.only_ours"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "helpdesk.api.docs.with_repeats",
        "helpdesk.api.docs.with_other_kinds",
        "helpdesk.api.described.with_strict_bodies",
        "helpdesk.api.described.with_said_parameters",
        "helpdesk.api.described.with_deprecations",
    ],
    "ENFORCE_NON_BLANK_FIELDS": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": ENUMS,
}
