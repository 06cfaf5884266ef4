"""Django's settings, from the environment.

`TRADELINE_DATA` names the data directory of the embedded PostgreSQL. `DATABASE_URL` names a server
of one's own; then `DATABASE_OWNER_URL`, `DATABASE_SEALER_URL` and so on name its other roles, and
`TRADELINE_CONTEXT_KEY` and `TRADELINE_SECRET_KEY` the secrets. See docs/guides/database.md.
`TRADELINE_SMTP_HOST` and its like name the mail server, `TRADELINE_WEBHOOK_NETWORKS` and
`TRADELINE_WEBHOOK_PORTS` what webhooks may reach besides. See docs/guides/alerts.md.
"""

from __future__ import annotations

import os
from typing import Any, Final

from tradeline.connectors.addresses import egress
from tradeline.connectors.mail import mail_server
from tradeline.database import forget, locate

DATABASE: Final = locate(os.environ)
SECRET_KEY = DATABASE.secret_key
CONTEXT_KEY = DATABASE.context_key
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
ALLOWED_HOSTS = os.environ.get("TRADELINE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "tradeline.urls"
# Of the desk. The API goes without: what its requests need is done before Django (asgi.py).
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tradeline.web.desk.Frame",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
APPEND_SLASH = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tradeline.apps.TradelineConfig",
    "tradeline.web.apps.WebConfig",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.messages.context_processors.messages",
    ]},
}]  # fmt: skip
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # files come from the installed package, as they are
AUTH_USER_MODEL = "tradeline.User"
CSRF_FAILURE_VIEW = "tradeline.web.desk.forged"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "first"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator",
                 "CommonPasswordValidator", "NumericPasswordValidator")
]  # fmt: skip
SECURE: Final = os.environ.get("TRADELINE_SECURE") == "on"
"""Whether every request comes over TLS; `tradeline serve` says so."""
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
MAIL: Final = mail_server(os.environ)
EGRESS: Final = egress(
    os.environ.get("TRADELINE_WEBHOOK_NETWORKS", ""), os.environ.get("TRADELINE_WEBHOOK_PORTS", "")
)
SILENCED_SYSTEM_CHECKS = ["models.W042"]

_POOL: Final = {"min_size": 1, "max_size": 8, "timeout": 10, "reset": forget}


def _database(url: str, *, pooled: bool) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**parts, **({"pool": _POOL} if pooled else {})},  # parts: sslmode and its like
        "CONN_HEALTH_CHECKS": pooled,  # no link that was cut in the pool is handed out
    }


DATABASES = {
    {"app": "default"}.get(role, role): _database(url, pooled=role == "app")
    for role, url in DATABASE.urls.items()
}
