"""Rules of the check, each broken in one place: name -> the right text and the wrong one."""

from __future__ import annotations

_CL02 = "n.after_minor > bound THEN\n            worst := greatest(worst, re[2])"
_SHARE = "s.overdue_share_minor::numeric * 10000 > s.open_minor::numeric * r.overdue_share_bp"
_ROUNDED = "round(s.overdue_share_minor::numeric * 10000 / s.open_minor) > r.overdue_share_bp"
_CREDIT = "credit boolean := n.scope = 'all' AND NOT n.prepaid"
_USE = "greatest(n.after_minor, 0)::numeric * 10000 >"

MUTANTS = {
    "CL01 at the limit": ("n.static_after_minor > bound", "n.static_after_minor >= bound"),
    "CL02 at the limit": (_CL02, _CL02.replace(">", ">=", 1)),
    "CL02 a cent late": (_CL02, _CL02.replace("> bound", "> bound + 1")),
    "CL03 at the limit": ("n.group_after_minor[i] > bound", "n.group_after_minor[i] >= bound"),
    "CL03 unknown is nothing": ("n.group_after_minor[i] IS NULL OR", ""),
    "CL04 at the share": ("s.average_minor::numeric * 10000 >",
                          "s.average_minor::numeric * 10000 >="),
    "CL05 blank is not nothing": ("coalesce(n.limit_minor, 0) = 0", "n.limit_minor = 0"),
    "CL05 on its last day": ("OR s.limit_to < n.day OR", "OR s.limit_to <= n.day OR"),
    "CL05 on its first day": ("OR s.limit_from > n.day)", "OR s.limit_from >= n.day)"),
    "CL06 at the share": (_USE, _USE + "="),
    "OV01 on the last day": ("dpd > greatest(", "dpd >= greatest("),
    "OV01 without grace": ("dpd > greatest(r.overdue_days_max, s.grace_days)",
                           "dpd > r.overdue_days_max"),
    "OV02 at the share": (_SHARE, _SHARE.replace(">", ">=")),
    "OV02 rounded": (_SHARE, _ROUNDED),
    "OV03 at the amount": ("s.overdue_minor > r.overdue_max_minor",
                           "s.overdue_minor >= r.overdue_max_minor"),
    "DU01 above the level": ("s.dunning_level >= r.dunning_level_max",
                             "s.dunning_level > r.dunning_level_max"),
    "DV01 at the value": ("n.order_minor > r.document_max_minor",
                          "n.order_minor >= r.document_max_minor"),
    "ST01 forgets cash": (" AND NOT (s.status = 'cash_only' AND n.prepaid)", ""),
    "RV01 on the day": ("s.review_due < n.day", "s.review_due <= n.day"),
    "RV01 a day early": ("n.day - s.review_due > r.review_grace_days",
                         "n.day - s.review_due >= r.review_grace_days"),
    "TM01 at the days": ("n.net_days > s.terms_days_max", "n.net_days >= s.terms_days_max"),
    "TM01 at the discount": ("n.discount_bp > coalesce(", "n.discount_bp >= coalesce("),
    "EX01 rejects by all": ("s.flags && r.rejected_flags", "s.flags <@ r.rejected_flags"),
    "IN01 at the amount": ("bound > r.unsecured_max_minor", "bound >= r.unsecured_max_minor"),
    "DT01 at the age": ("coalesce(age <= (r.feed_ages_max", "coalesce(age < (r.feed_ages_max"),
    "DT01 untested is late": ("->> feed)::int, true) END", "->> feed)::int, false) END"),
    "DT01 at the stand-in": ("n.order_minor <= r.stand_in_max_minor",
                             "n.order_minor < r.stand_in_max_minor"),
    "prepaid asks for credit": (_CREDIT, "credit boolean := n.scope = 'all'"),
    "deliveries ask for credit": (_CREDIT, "credit boolean := NOT n.prepaid"),
    "less of the same asks": ("IF n.scope = 'none' THEN", "IF false THEN"),
}  # fmt: skip
"""Of app.verdict."""

HELPERS = {
    "tolerance rounded up": (
        "app.with_tolerance(bigint,int,bigint)",
        "div(((limit_minor)::numeric * (tolerance_bp)::numeric), (10000)::numeric)",
        "ceil(((limit_minor)::numeric * (tolerance_bp)::numeric) / (10000)::numeric)",
    ),
    "tolerance without its cap": (
        "app.with_tolerance(bigint,int,bigint)", "COALESCE(most_minor, limit_minor)", "limit_minor",
    ),
    "cover beyond the exposure": (
        "app.unsecured(bigint,jsonb)", "least((cover ->> 0)::bigint, rest)",
        "(cover ->> 0)::bigint",
    ),
}  # fmt: skip
"""Of the functions that it calls."""
