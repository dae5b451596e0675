"""Checkpoints of the seed in training.

A checkpoint holds tensors and plain values only and is written so that kill -9 leaves the last one
whole.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import with_trailer, without_trailer
from hyperverdict.training.stopping import Checkpointed, StopRequest

logger = logging.getLogger(__name__)


class CheckpointKeeper:
    """Saves one seed's state when it is due, and finds it again.

    Args:
        identity: plain values that the state belongs to; another's checkpoint is ignored.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        stop: StopRequest,
        every_seconds: float,
    ) -> None:
        self._path, self._identity, self._stop = path, dict(identity), stop
        self._every_seconds, self._saved_at = every_seconds, time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The saved state, None when there is none that fits; a damaged one is named in the log."""
        if not self._path.is_file():
            return None
        try:
            stored = BytesIO(without_trailer(self._path.read_bytes()))
            content = torch.load(stored, map_location="cpu", weights_only=True)
            identity, state = content["identity"], content["state"]
        except Exception as error:
            logger.warning(
                f"checkpoint {self._path.name} is damaged ({error!r}); this seed starts over"
            )
            return None
        if identity != self._identity:
            logger.warning(
                f"checkpoint {self._path.name} belongs to another run; this seed starts over"
            )
            return None
        return state  # type: ignore[no-any-return]

    def wants_pause(self) -> bool:
        """Whether training should pause between evaluation points for a checkpoint."""
        return self._stop.requested or (self._every_seconds > 0 and self._interval_over())

    def _interval_over(self) -> bool:
        return time.monotonic() - self._saved_at >= self._every_seconds

    def after_pause(self, state: Callable[[], dict[str, Any]]) -> None:
        """Save when due; raises Checkpointed when the job was asked to stop."""
        if self._stop.requested or self._interval_over():
            self._save(state())
        if self._stop.requested:
            logger.info("stopping as requested; the progress is saved")
            raise Checkpointed

    def _save(self, state: dict[str, Any]) -> None:
        buffer = BytesIO()
        torch.save({"identity": self._identity, "state": state}, buffer)
        write_atomic(self._path, with_trailer(buffer.getvalue()))
        self._saved_at = time.monotonic()

    def remove(self) -> None:
        """Remove the checkpoint of a seed that has ended."""
        self._path.unlink(missing_ok=True)
