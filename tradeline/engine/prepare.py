"""The master as the expressions want it: row numbers, keys, day numbers, foreign tax ids.

This is the only step that touches text whose case rules differ between engines, so it runs on Arrow
arrays before any engine sees the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.keys import plain_name
from tradeline.engine.tax_ids import inspect_tax_ids

if TYPE_CHECKING:
    from datetime import date

    from tradeline.policy.schema import TaxId

EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return days since 1970-01-01."""
    return day.toordinal() - EPOCH_ORDINAL


def prepare(master: pa.Table, rules: TaxId) -> pa.Table:
    """Return the master with `seq`, `account_key`, day numbers, country and tax id remarks."""
    columns = {name: _flat(master[name]) for name in master.column_names}
    columns["tax_id"] = tax_id = pc.utf8_upper(_stripped(columns["tax_id"]))
    if tax_id.null_count < len(tax_id):  # without any tax id there is nothing to hold a country to
        columns["country"] = _country(columns["country"], columns["currency"], rules)
    columns |= inspect_tax_ids(tax_id, columns["country"])
    columns["account_key"] = _key(columns["customer_no"], tax_id, columns["customer_name"])
    for name in ("last_payment", "onboarded", "last_increase"):
        columns[f"{name}_day"] = columns[f"{name}_date"].cast(pa.int32()).cast(pa.int64())
    columns["seq"] = pa.array(np.arange(master.num_rows))
    return pa.table(columns)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    return flat.chunk(0) if isinstance(flat, pa.ChunkedArray) else flat


def _stripped(column: pa.Array) -> pa.Array:
    bare = pc.replace_substring_regex(column, r"\s+", "")
    return pc.if_else(pc.equal(bare, ""), None, bare)


def _country(country: pa.Array, currency: pa.Array, rules: TaxId) -> pa.Array:
    """Fill countries that rows do not name, by the policy's currency table and default."""
    if country.null_count == 0:
        return country
    for code, home in rules.country_by_currency.items():
        fill = pc.if_else(pc.equal(currency, code), home, pa.scalar(None, pa.string()))
        country = pc.coalesce(country, fill)
    return pc.coalesce(country, pa.scalar(rules.country_default, pa.string()))


def _key(customer_no: pa.Array, tax_id: pa.Array, name: pa.Array) -> pa.Array:
    """Return customer number, else tax id, else the name in lower case with single spaces."""
    if customer_no.null_count == 0:
        return customer_no
    tagged = (
        customer_no,
        pc.binary_join_element_wise("tax id", tax_id, ":"),
        pc.binary_join_element_wise("name", plain_name(name), ":"),
    )
    return pc.coalesce(*tagged)
