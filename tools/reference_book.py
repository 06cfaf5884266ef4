"""The part of the data contract on the book: what its commands answer with `--json`.

A name with a dot is inside a section, one with [] is of each element of a list.
"""

from __future__ import annotations

from typing import Final

_ROW: Final = {
    "customer_no": "The customer's number, as written: leading zeros stay.",
    "customer_name": "The customer's name.",
    "entity": "Code of the legal entity.",
    "currency": "Currency of the line, in which limit and exposure are compared.",
    "limit": "The limit that holds, a temporary one included; null: none.",
    "exposure": "What counts against the limit; negative where the customer has a balance.",
    "headroom": "Limit less exposure; negative when over it; null without a limit.",
    "utilisation_pct": "Exposure as percent of the limit; two digits, four where two would hide "
    "a breach; null where there is nothing to divide by.",
    "ar_utilisation_pct": "Receivables as percent of the limit: what a check on the ledger sees.",
    "status": "over, near (from the policy's `near_pct` on), within, or no_limit.",
    "buckets.receivables": "Open invoices, debit notes and interest.",
    "buckets.billed_not_posted": "Billing documents that are not in the ledger yet.",
    "buckets.shipped_not_billed": "Shipped and not invoiced.",
    "buckets.orders": "Open orders that ship within the horizon.",
    "buckets.reserved": "Authorised orders that the order file does not show yet.",
    "buckets.special": "Special liabilities, such as guarantees given for the customer.",
    "buckets.unapplied_cash": "Cash on account; lowers exposure.",
    "buckets.deposits": "Deposits received; lower exposure.",
    "buckets.unapplied_credits": "Open credit notes; lower exposure.",
    "beside.orders_later": "Orders that ship after the horizon; not counted.",
    "beside.held": "Orders on hold; not counted.",
    "beside.disputed": "The part of the receivables that is disputed; counted there.",
}

_BEHIND: Final = {
    "net": "Exposure less cover, never below 0.",
    "secured": "What insurance, guarantees and the like cover today.",
    "group": "Code of the customer's group, null without one.",
    "documents[].document_no": "Open documents, oldest due date first: number.",
    "documents[].kind": "invoice, debit_note, interest, credit_note, cash or deposit.",
    "documents[].due_date": "Due date, null where none is known.",
    "documents[].currency": "Currency of the document.",
    "documents[].open_amount": "What is open, in that currency; positive for every kind.",
    "documents[].counted": "The same in the line's currency.",
    "documents[].disputed": "Whether it is disputed.",
    "documents[].order_no": "Order it belongs to, blank where none is named.",
    "orders[].order_no": "Orders that count, are held, or ship later: number.",
    "orders[].line_no": "Line of the order.",
    "orders[].status": "The order system's own word.",
    "orders[].ship_date": "Planned or actual day of shipment, null where none is known.",
    "orders[].currency": "Currency of the order.",
    "orders[].ordered": "What was ordered, in that currency, tax included.",
    "orders[].shipped_not_billed": "What of it counts there, in the line's currency.",
    "orders[].orders": "The same for open orders.",
    "orders[].orders_later": "The same beyond the horizon.",
    "orders[].held": "The same on hold.",
    "limits[].kind": "base or temporary.",
    "limits[].limit": "The limit.",
    "limits[].currency": "Its currency.",
    "limits[].valid_from": "First day.",
    "limits[].valid_to": "Last day; null: until replaced.",
    "limits[].reason": "Why it was set.",
    "set_aside[].kind": "Rows that name the customer and could not be used: kind of file.",
    "set_aside[].row": "Row of the file as a person counts it.",
    "set_aside[].reason": "Why it could not be used.",
}

_GROUP: Final = {
    "group": "Code of the group: the customer number of the parent.",
    "name": "The parent's name, blank where no file states it.",
    "parent": "Code of the group that it stands below, null without one.",
    "currency": "Currency of the group's line, in which limit and exposure are compared.",
    "limit": "The group's limit that holds, a temporary one included; null: none.",
    "exposure": "Sum of the members' positive exposures, subgroups included, at the day's rates; "
    "netted where a set-off agreement says so; null where a rate is missing.",
    "headroom": "Limit less exposure; null without one of them.",
    "utilisation_pct": "Exposure as percent of the limit.",
    "status": "over, near, within, no_limit, or no_rate.",
    "members": "Accounts in it and below it; own affiliates are left out.",
    "set_off": "Whether a set-off agreement lets one member's credit balance help another.",
    "missing_rates": "Exchange rates that are missing, as `EUR to USD`.",
}

_BRIDGE: Final = {
    "customer_no": "The customer's number.",
    "currency": "Currency of every amount.",
    "opening": "Exposure on the evening before the first day.",
    "closing": "Exposure on the evening of the last day.",
    "unexplained": "Closing less opening less all steps: 0, or the book is at fault.",
    "steps[].day": "Business day of the step.",
    "steps[].kind": "What moved it: documents, orders, revalued and so on.",
    "steps[].bucket": "Which bucket moved.",
    "steps[].file": "File that brought it, null where none did.",
    "steps[].change": "Change of exposure; what lowers it is negative.",
}

_IMPORT: Final = {
    "kind": "customers, limits, ar, orders, payments or rates.",
    "batch_id": "Identifier of the import; of the first one where it is a repeat.",
    "preview": "Whether nothing was written.",
    "repeated": "Whether this very file was applied before, read as it is now; then nothing "
    "changed.",
    "rows_in": "Rows read: applied, unchanged and quarantined ones.",
    "rows_applied": "Rows that changed the book.",
    "rows_unchanged": "Rows that say what the book knows.",
    "rows_quarantined": "Rows set aside.",
    "rows_closed": "Open rows of the book that a full extract lacks.",
    "accounts_opened": "Customers seen for the first time.",
    "lines_moved": "Accounts whose exposure or limit changed.",
    "totals.in": "By currency, what came in; of a ledger debits less credits.",
    "totals.debits": "Of a ledger: invoices, debit notes and interest. Else empty.",
    "totals.credits": "Of a ledger: credit notes, cash and deposits, as positive amounts. Else "
    "empty.",
    "totals.kind_unknown": "Of a ledger: rows whose kind, and so whose side, cannot be read.",
    "totals.quarantined": "By currency, what was set aside; of a ledger debits less credits.",
    "reasons": "Rows set aside by reason.",
    "remarks": "On what was applied and may not be meant, such as a temporary limit below the "
    "base limit.",
    "extract_of": "Codes of the legal entities of which it was taken as a full extract.",
}

_PEOPLE: Final = {
    "login": "Name for `--user`.",
    "name": "Given name.",
    "roles": "Roles in the organisation.",
}

_EXPORT: Final = {
    "file": "The file as named.",
    "format": "csv or xlsx.",
    "profile": "Name of the export profile.",
    "rows": "Accounts in the file.",
    "sha256": "Hash of the file, as in the audit trail.",
}

_DEMO: Final = {
    "organisation": "Name of the example company.",
    "made": "Whether this call made or filled it.",
    "files": "Files taken in by this call.",
    "rows": "Rows in them.",
    "set_aside": "Rows of them that were set aside.",
    "people": "Login and role of each person.",
    "exposure": "The first rows of `exposure --json`.",
}

ANSWERS: Final = {
    "demo --json": ("", _DEMO),
    "people --json": ("A list; of each person:", _PEOPLE),
    "import --json": ("Amounts are decimal texts by ISO code.", _IMPORT),
    "exposure --json": ("A list, the nearest to its limit first; amounts are decimal texts with "
                        "the digits of the currency. Of each account:", _ROW),
    "exposure show --json": ("One account.", _ROW | _BEHIND),
    "exposure groups --json": ("A list, the nearest to its limit first. Of each group:", _GROUP),
    "exposure groups CODE --json": (
        "One group and its accounts; so `exposure show` answers for the number of a group that no "
        "account has.",
        _GROUP | {f"accounts[].{name}": meaning for name, meaning in _ROW.items()},
    ),
    "exposure bridge --json": ("", _BRIDGE),
    "export exposure --json": ("", _EXPORT),
}  # fmt: skip
"""Heading -> sentence below it, and the meaning of each field."""
