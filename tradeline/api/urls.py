"""What Django serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path
from django.views.decorators.http import require_safe

from tradeline.api.problems import of_status
from tradeline.api.routes import api, openapi, told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

urlpatterns = [path("api/v1/openapi.json", require_safe(openapi)), path("api/v1/", api.urls)]


def handler400(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that the framework refuses."""
    return told(of_status(400))


def handler404(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer an address that is none."""
    return told(of_status(404))


def handler500(_request: HttpRequest) -> HttpResponse:
    """Answer a fault."""
    return told(of_status(500))
