"""The register as prompt, code and answer lines, for screen readers, slow lines and scripts.

The same core, commands and Views as the screen; docs/plain.md is its grammar.
"""

from pos_client.plain.session import run_plain

__all__ = ["run_plain"]
