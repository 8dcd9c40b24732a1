"""Personal and secret data in a text: where it is, and the text without it.

>>> [finding.category for finding in find("write to ana@fleckens.hu")]
['email']
>>> redact("write to ana@fleckens.hu").text
'write to [EMAIL_1]'
"""

from __future__ import annotations

from model_router.privacy.finding import CATEGORIES, CODE, Finding
from model_router.privacy.redaction import Redaction, redact
from model_router.privacy.scan import contains, find

__all__ = ["CATEGORIES", "CODE", "Finding", "Redaction", "contains", "find", "redact"]
