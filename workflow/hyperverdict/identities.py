"""What identifies runs that would be made now, beside their path: checksums of code and data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hyperverdict.programs.identity import Identity, identity_of
from hyperverdict.runs.sealed import read_json
from hyperverdict.training.code import code_checksum_of, own_names
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Identities:
    """The identities of the configurations of a study; every checksum is taken once.

    Attributes:
        prepared: where prepared data are.
    """

    vocabulary: Vocabulary
    prepared: Path
    _checksums: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def own(self) -> Identity:
        """That of a training of the user's own."""
        return identity_of(self.vocabulary)

    def of(self, configuration: Configuration) -> dict[str, str] | None:
        """The identity of a configuration's runs as far as it is known; None when it is not.

        Raises UserError for code or data of the user's own that is missing.
        """
        if configuration.vocabulary.training is not None:
            return {"code_checksum": self.own.code, "data_checksum": self.own.data}
        data, code = configuration.prepared, " ".join(own_names(configuration))
        if data not in self._checksums:
            self._checksums[data] = _checksum_of(self.prepared / data)
        if code and code not in self._checksums:
            self._checksums[code] = code_checksum_of(configuration)
        known = {
            "data_checksum": self._checksums[data],
            "code_checksum": self._checksums[code] if code else None,
        }
        return {name: checksum for name, checksum in known.items() if checksum is not None} or None


def _checksum_of(prepared: Path) -> str | None:
    """The checksum of a data set in its prepared folder; None before, and where it is damaged."""
    try:
        facts = read_json(prepared / "facts.json")
        parts = "".join(facts["sha256"].values())
        checksum = hashlib.sha256(parts.encode()).hexdigest()
        return checksum if facts["checksum"] == checksum else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
