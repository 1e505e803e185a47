"""What can go wrong when files are saved or brought back: one sentence with what to do."""

from __future__ import annotations


class SafetyTrouble(Exception):
    """Nothing was half done; the text is for a person."""
