"""The application that holds the desk's pages."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates and static files; it stores nothing."""

    name = "tradeline.web"
    label = "web"
