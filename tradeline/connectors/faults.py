"""Why something could not be delivered."""

from __future__ import annotations


class NotDelivered(Exception):
    """A message did not arrive; the text is for who keeps the recipient, and shows no answer.

    `for_good` says that another try cannot help.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good
