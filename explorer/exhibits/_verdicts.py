"""Verdicts of claims that say more than one thing."""

from __future__ import annotations

from explorer.claims import Verdict


def together(*verdicts: Verdict) -> Verdict:
    """It holds where every part does, and does not where none does."""
    kinds = set(verdicts)
    return verdicts[0] if len(kinds) == 1 else "mixed"
