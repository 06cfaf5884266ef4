"""Signatures are those of Standard Webhooks, and no secret is kept anywhere."""

from __future__ import annotations

import base64
import hashlib
import hmac

from tradeline.connectors.webhooks import secret, sign

KEY = "ab" * 32


def test_the_signed_content_is_that_of_the_standard():
    """HMAC-SHA256 over id, seconds and body, parted by full stops, with the decoded secret."""
    given = "whsec_" + base64.b64encode(b"a key of at least 24 bytes").decode()
    made = sign([given], message_id="msg_1", at_s=1614265330, body=b'{"test": 2432232314}')
    mine = hmac.digest(b"a key of at least 24 bytes",
                       b'msg_1.1614265330.{"test": 2432232314}', hashlib.sha256)  # fmt: skip
    assert made == "v1," + base64.b64encode(mine).decode()


def test_several_secrets_are_parted_by_blanks():
    """One signature each, in their order."""
    one, two = secret(KEY, "e", 1), secret(KEY, "e", 2)
    alone = [sign([each], message_id="m", at_s=1, body=b"") for each in (two, one)]
    assert sign([two, one], message_id="m", at_s=1, body=b"").split(" ") == alone


def test_secrets_are_derived_and_apart():
    """32 bytes, the same each time, another for each address, rotation and server."""
    made = {secret(KEY, "e", 1), secret(KEY, "e", 2), secret(KEY, "f", 1), secret("cd", "e", 1)}
    assert len(made) == 4
    assert secret(KEY, "e", 1) in made
    assert all(len(base64.b64decode(each.removeprefix("whsec_"))) == 32 for each in made)
