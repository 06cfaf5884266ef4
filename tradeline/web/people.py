"""Signing in and out, and the choice between organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tradeline.errors import ArgumentFault
from tradeline.web.desk import choose_organisation

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class SignIn(LoginView):
    """Lets a person in by login and password."""

    template_name = "web/sign_in.html"
    redirect_authenticated_user = True


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Sit down for another of the person's organisations."""
    try:
        chosen = UUID(request.POST.get("organisation", ""))
    except ValueError as error:
        raise ArgumentFault("that is no organisation", mend="choose one from the list") from error
    choose_organisation(request, chosen)
    return redirect("first")
