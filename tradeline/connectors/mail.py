"""Send a mail through an SMTP server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tradeline.connectors.faults import NotDelivered
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S: Final = 15
_PORTS: Final = {"starttls": 587, "ssl": 465, "none": 25}


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """The server that takes mails, and whom they come from."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    encryption: str = "starttls"  # or ssl, or none


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as text, and the same as HTML."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str  # the same at every try, so that a repeat can be told


def mail_server(environ: Mapping[str, str]) -> MailServer | None:
    """Return the server that the environment names, None where it names none.

    Raises:
        ArgumentFault: what it says cannot be used.
    """
    host = environ.get("TRADELINE_SMTP_HOST", "")
    if not host:
        return None
    encryption = environ.get("TRADELINE_SMTP_ENCRYPTION", "starttls")
    port = environ.get("TRADELINE_SMTP_PORT") or str(_PORTS.get(encryption, ""))
    sender = environ.get("TRADELINE_MAIL_FROM", "")
    if encryption not in _PORTS or not port.isdecimal() or "@" not in sender:
        raise ArgumentFault(
            "the mail server's settings cannot be used", where="TRADELINE_SMTP_HOST",
            mend="set TRADELINE_MAIL_FROM to an address, TRADELINE_SMTP_PORT to a number, "
            "TRADELINE_SMTP_ENCRYPTION to starttls, ssl or none",
        )  # fmt: skip
    return MailServer(
        host=host, port=int(port), sender=sender, encryption=encryption,
        user=environ.get("TRADELINE_SMTP_USER", ""),
        password=environ.get("TRADELINE_SMTP_PASSWORD", ""),
    )  # fmt: skip


def send(mail: Mail, server: MailServer) -> None:
    """Hand a mail over to the server.

    Raises:
        NotDelivered: the server did not take it.
    """
    import smtplib

    from django.core.mail import EmailMultiAlternatives
    from django.core.mail.backends.smtp import EmailBackend

    connection = EmailBackend(
        host=server.host, port=server.port, username=server.user, password=server.password,
        use_tls=server.encryption == "starttls", use_ssl=server.encryption == "ssl",
        timeout=TIMEOUT_S,
    )  # fmt: skip
    message = EmailMultiAlternatives(
        subject=mail.subject, body=mail.text, from_email=server.sender, to=[mail.to],
        headers={"Message-ID": f"<{mail.message_id}@tradeline>"}, connection=connection,
    )  # fmt: skip
    message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise NotDelivered(f"the mail server does not take mail for {mail.to}") from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotDelivered(f"the mail server did not take it: {type(error).__name__}") from error
