"""Payment terms as exports write them: a text in, a term out, or a fault that says how to mend it.

Only wordings with one meaning are read. `NET 30 EOM` has two and is put back as a question; what is
not known is refused. The XRechnung form is that of the German standard for electronic invoices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from tradeline.errors import QuestionForUser, TermFault, TradelineError
from tradeline.policy.due_rules import Rule
from tradeline.policy.term_parts import Discount
from tradeline.policy.terms import Term

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradeline.policy.terms import Terms

TEXT_MAX: Final = 500

_MEND: Final = (
    'Write one of "Net 30", "2/10 net 30", "30 days after month end", "30 days, end of month", '
    '"COD", "Prepayment", "Due on receipt", or map the text to a term of the policy'
)
_DAYS: Final = r"(?P<days>[0-9]{1,4})"
_TIER: Final = r"(?P<percent>[0-9]{1,2}(\.[0-9]{1,4})?)"
_MONTH_END: Final = r"(month[ -]?end|(the )?end of (the )?month|eom)"
_SKONTO: Final = re.compile(
    r"#SKONTO#TAGE=(?P<days>[0-9]{1,4})#PROZENT=(?P<percent>[0-9]{1,2}\.[0-9]{2})#"
    r"(BASISBETRAG=(?P<basis>[0-9]{1,15}\.[0-9]{2})#)?"
)


@dataclass(frozen=True, kw_only=True)
class Skonto:
    """A discount of an XRechnung; `basis` is the amount it is of, or nothing for the whole."""

    discount: Discount
    basis: Decimal | None


def _net(found: re.Match[str]) -> Term:
    return Term(due=Rule(kind="net_days", days=int(found["days"])))


def _net_less(found: re.Match[str]) -> Term:
    tier = _tier(found["percent"], found["early"])
    return Term(due=Rule(kind="net_days", days=int(found["days"])), discounts=(tier,))


def _eom_then(found: re.Match[str]) -> Term:
    return Term(due=Rule(kind="eom_then_days", days=int(found["days"])))


def _then_eom(found: re.Match[str]) -> Term:
    return Term(due=Rule(kind="days_then_eom", days=int(found["days"])))


def _at_once(**parts: Any) -> Callable[[re.Match[str]], Term]:
    return lambda _found: Term(due=Rule(kind="immediate"), **parts)


def _tier(percent: str, days: str) -> Discount:
    return Discount(percent=Decimal(percent), by=Rule(kind="net_days", days=int(days)))


# One wording each, for a text in small letters with single blanks and no full stop at its end.
_FORMS: Final[tuple[tuple[str, Callable[[re.Match[str]], Term]], ...]] = (
    (rf"(net|n/?)[ -]?{_DAYS}( days?)?", _net),
    (rf"((due )?(in|within) )?{_DAYS} ?(d|days?)( net| after (the )?invoice( date)?)?", _net),
    (rf"d ?\({_DAYS}\)", _net),
    (
        rf"{_TIER}( ?%? ?/ ?| ?%,? (in )?)(?P<early>[0-9]{{1,4}})( days?)?,? "
        rf"(net|n/?) ?{_DAYS}( days?)?",
        _net_less,
    ),
    (rf"(net )?{_DAYS} days? (eom )?(after|from) {_MONTH_END}", _eom_then),
    (rf"(net )?{_DAYS} days?(,| then|, then) (the )?end of (the )?month", _then_eom),
    (r"cod|c\.o\.d|cash on delivery", _at_once(base="delivery")),
    (
        r"cia|pia|pre-?payment|prepaid|prepay|(cash|payment) in advance",
        _at_once(prepayment=True),
    ),
    (r"((due|payable) )?(up)?on receipt", _at_once(base="receipt")),
    (r"(due )?immediate(ly)?|immediate payment", _at_once()),
)
_READERS: Final = tuple((re.compile(form), build) for form, build in _FORMS)
_TWO_READINGS: Final = re.compile(
    rf"(net )?{_DAYS}( ?days?)?[ ,]+(eom|(the )?end of (the )?month)"
    rf"|eom,? (net )?(?P<more>[0-9]{{1,4}})( days?)?"
)


def read_term(text: str) -> Term:
    """Return the term that a text means.

    Raises QuestionForUser when it has two meanings, such as `NET 30 EOM`, and TermFault when it is
    not known, contradicts itself, or states a discount but not when the whole is due.
    """
    if len(text) > TEXT_MAX:
        raise TermFault("the payment term is too long to be one", where=_shown(text), mend=_MEND)
    early = tuple(_whole_amount(skonto, text) for skonto in read_skonto(text))
    words = _plain(_SKONTO.sub(" ", text))
    if early and not words:
        raise TermFault(
            f"{_shown(text)} states a discount but not when the whole amount is due",
            where=_shown(text),
            mend='Give the term before it, such as "Net 30 #SKONTO#TAGE=14#PROZENT=1.00#"',
        )
    try:
        term = _read(words, text)
        both = {**term.model_dump(), "discounts": (*term.discounts, *early)}
        return Term.model_validate(both) if early else term
    except ValidationError as error:
        reason = "; ".join(
            str(each["msg"]).removeprefix("Value error, ") for each in error.errors()
        )
        raise TermFault(
            f"{_shown(text)} contradicts itself: {reason}", where=_shown(text), mend=_MEND
        ) from error


def read_skonto(text: str) -> tuple[Skonto, ...]:
    """Return the discounts of an XRechnung's payment terms, in its order; none where none is named.

    Raises TermFault when a `#SKONTO#` does not follow the standard's form.
    """
    found = list(_SKONTO.finditer(text))
    if text.upper().count("SKONTO#") != len(found):
        raise TermFault(
            f"{_shown(text)} holds a SKONTO that does not follow the standard",
            where=_shown(text),
            mend="Write it as #SKONTO#TAGE=14#PROZENT=1.00#, with two decimals",
        )
    try:
        return tuple(_skonto(each) for each in found)
    except ValidationError as error:
        raise TermFault(
            f"{_shown(text)} holds a SKONTO out of bounds",
            where=_shown(text),
            mend="Give a percentage above 0 and at most 3,650 days",
        ) from error


def _skonto(found: re.Match[str]) -> Skonto:
    basis = Decimal(found["basis"]) if found["basis"] else None
    return Skonto(discount=_tier(found["percent"], found["days"]), basis=basis)


def _whole_amount(skonto: Skonto, text: str) -> Discount:
    """A term is for any invoice, so it cannot hold the amount of one."""
    if skonto.basis is not None:
        raise TermFault(
            f"{_shown(text)} gives the discount of one amount, {skonto.basis}",
            where=_shown(text),
            mend="Read it for that invoice alone, or leave BASISBETRAG out",
        )
    return skonto.discount


def _read(words: str, text: str) -> Term:
    for reader, build in _READERS:
        if found := reader.fullmatch(words):
            return build(found)
    if found := _TWO_READINGS.fullmatch(words):
        days = next(filter(None, (found["days"], found["more"])))
        raise QuestionForUser(
            f"{_shown(text)} has two readings: {days} days after the month's end, or {days} days "
            "and then to the month's end",
            where=_shown(text),
            mend=f'Write "{days} days after month end" or "{days} days, end of month"',
        )
    raise TermFault(
        f"{_shown(text)} is no payment term that is known", where=_shown(text), mend=_MEND
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".").strip()


def _shown(text: str) -> str:
    """Return the text as a message can hold it."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return repr(short)


def policy_term(text: str, terms: Terms) -> str | None:
    """Return the name of the policy's term that a text names or says, None where it is none."""
    plain = text.strip()
    if plain in terms.named:
        return plain
    try:
        meant = read_term(plain)
    except TradelineError:
        return None
    return next((name for name, term in sorted(terms.named.items()) if term == meant), None)
