"""What Django serves: the desk to people, and most of the API to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import include, path
from django.views.decorators.http import require_safe

from tradeline.api.problems import of_status
from tradeline.api.routes import ROOT, api, openapi, told
from tradeline.web.desk import fault_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

urlpatterns = [
    path("api/v1/openapi.json", require_safe(openapi)),
    path("api/v1/", api.urls),
    path("", include("tradeline.web.urls")),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that the framework refuses."""
    return _answer(request, 400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that is not allowed."""
    return _answer(request, 403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer an address that is none."""
    return _answer(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    """Answer a fault."""
    return _answer(request, 500)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    """Answer a program with a problem, a person with a page."""
    if request.path.startswith(ROOT):
        return told(of_status(status))
    return fault_page(request, status)
