"""The Django application that holds the book."""

from __future__ import annotations

from django.apps import AppConfig


class TradelineConfig(AppConfig):
    """The one application; its models are what is stored."""

    name = "tradeline"
    default_auto_field = "django.db.models.BigAutoField"
