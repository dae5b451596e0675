"""Settings of the logger."""

# Without `from __future__ import annotations`: Snakemake calls the type of a field.
from dataclasses import dataclass, field

from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

STYLES = ("auto", "plain", "snakemake")


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Settings of the logger.

    Attributes:
        style: "auto" is one line in a terminal and plain lines elsewhere, "plain" always plain
            lines, "snakemake" the lines that Snakemake itself writes.
    """

    style: str = field(
        default="auto",
        metadata={
            "help": "What is shown while jobs run: 'auto' is one line in a terminal and plain "
            "lines elsewhere, 'plain' always plain lines, 'snakemake' Snakemake's own lines.",
            "choices": STYLES,
        },
    )
