"""The addresses of the desk."""

from __future__ import annotations

from django.urls import path

from tradeline.web import exposure, holds, people

urlpatterns = [
    path("", exposure.first, name="first"),
    path("sign-in", people.SignIn.as_view(), name="sign-in"),
    path("sign-out", people.sign_out, name="sign-out"),
    path("organisation", people.choose, name="organisation"),
    path("exposure", exposure.ranking, name="exposure"),
    path("accounts/<str:entity>/<path:customer_no>", exposure.account, name="account"),
    path("holds", holds.worklist, name="holds"),
    path("holds/<uuid:hold_id>", holds.one, name="hold"),
    path("holds/<uuid:hold_id>/propose", holds.propose, name="propose"),
    path("sign-offs", holds.waiting, name="sign-offs"),
    path("proposals/<uuid:proposal_id>", holds.proposal, name="proposal"),
    path("proposals/<uuid:proposal_id>/word", holds.word, name="word"),
]
