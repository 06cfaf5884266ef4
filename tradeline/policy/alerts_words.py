"""The sentences on alerts, in the form of policy/words.py."""

from __future__ import annotations

from typing import Final

ALERTS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "alerts.levels_pct",
        "An alert is{now} sent when use of the limit reaches, in percent: {}.",
        "No use of a limit{now} sends an alert.",
    ),
    (
        "alerts.severities",
        "At these levels it is{now}, in turn: {}.",
        "No level of use has{now} a severity.",
    ),
    (
        "alerts.rearm_points",
        "A level can send again once use has{now} fallen by more than {} of the limit below it.",
        "A level can{now} send again as soon as use has fallen below it.",
    ),
    (
        "alerts.overdue_days",
        "An alert is{now} sent when the oldest open debt is past due, in days: {}.",
        "No age of a debt{now} sends an alert.",
    ),
    (
        "alerts.overdue_severities",
        "At these ages it is{now}, in turn: {}.",
        "No age of a debt has{now} a severity.",
    ),
    (
        "alerts.overdue_grace_days",
        "These days begin{now} {} after the due date.",
        "These days begin{now} at the due date.",
    ),
    (
        "alerts.expiry_days",
        "The end of a limit is{now} announced, in days before it: {}.",
        "The end of a limit is not{now} announced.",
    ),
    ("alerts.expiry_severity", "The coming end of a limit is{now} of severity {}."),
    ("alerts.feed_age_severity", "A late feed is{now} of severity {}."),
    ("alerts.delivery_severity", "A message that cannot be delivered is{now} of severity {}."),
    *(
        (
            f"alerts.{severity}_to",
            f"Alerts of severity {severity}{{now}} go to: {{}}.",
            f"Alerts of severity {severity}{{now}} go to nobody by mail.",
        )
        for severity in ("info", "warning", "high", "critical")
    ),
    (
        "alerts.delivery_to",
        "Of messages that could not be delivered{now} learn: {}.",
        "Of messages that could not be delivered nobody{now} learns by mail.",
    ),
    (
        "alerts.retry_minutes",
        "A message that cannot be delivered is{now} tried again after, in minutes: {}.",
        "A message that cannot be delivered is{now} given up at once.",
    ),
    (
        "alerts.endpoint_failures_max",
        "An address for webhooks is{now} switched off after {} in a row that were given up.",
    ),
)
