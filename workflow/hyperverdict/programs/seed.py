"""One seed of a user's function, in a process of its own: the call, and how it ended.

`python -m hyperverdict.programs.seed REQUEST` is that process where it cannot be forked.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from hyperverdict.errors import UserError
from hyperverdict.programs.reporting import Log, Stopped, numbers_of
from hyperverdict.training.plugins import blamed, named_callable, place_of
from hyperverdict.vocabulary.modules import is_users_file

ROWS = "rows.jsonl"
# How a call ended, beside the statuses of a seed's record.
STOPPED, REFUSED = "stopped", "refused"


@dataclass(frozen=True)
class Request:
    """What one seed's process is to do.

    Attributes:
        call: ``module:function``.
        folders: where its module is looked for.
        packages: modules outside the study's folder from which it may come.
        arguments: its keyword arguments but `log`.
        takes_log: it takes `log`.
        place: the folder for what it reports and how it ended.
        checkpoint, tensorboard, device: see `Log`.
    """

    call: str
    folders: tuple[str, ...]
    arguments: Mapping[str, Any]
    takes_log: bool
    place: str
    checkpoint: str
    tensorboard: str
    device: str
    packages: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The request as one line."""
        return json.dumps(vars(self))

    @staticmethod
    def from_json(text: str | bytes) -> Request:
        """Inverse of `to_json`."""
        raw = json.loads(text)
        tuples = {name: tuple(raw[name]) for name in ("folders", "packages")}
        return Request(**{**raw, **tuples})


@dataclass(frozen=True)
class CallEnd:
    """How a call ended.

    Attributes:
        status: finished, failed, out_of_memory; "stopped" for `log.Stopped`, "refused" for a module
            that cannot be imported.
        message: why, with the file and line of the user's code.
        seconds: of the call alone.
        has_seen_stop: it was asked to stop and has read so.
    """

    status: str
    message: str = ""
    seconds: float = 0.0
    has_seen_stop: bool = False


def imported(request: Request) -> Callable[..., Any]:
    """The user's function; UserError, with their file and line, where importing fails."""
    folders = tuple(map(Path, request.folders))
    return named_callable(request.call, "function", folders, request.packages)


def log_of(request: Request) -> Log:
    """What the function of a request reports through."""
    rows = os.path.join(request.place, ROWS)
    return Log(rows, request.checkpoint, request.tensorboard, request.device)


def run_seed(function: Callable[..., Any], request: Request) -> NoReturn:
    """Call the function in this process, write down how it ended, and end the process."""
    log = log_of(request)

    def ask(number: int, frame: FrameType | None) -> None:
        log.ask_to_stop()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.enable(2)
    # Asked to stop before this: it is heard now.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGUSR1))
    began = time.perf_counter()
    end = _called(function, request, log)
    log.end({**vars(end), "seconds": time.perf_counter() - began})
    leave()


def _called(function: Callable[..., Any], request: Request, log: Log) -> CallEnd:
    arguments = {**request.arguments, **({"log": log} if request.takes_log else {})}
    try:
        last = function(**arguments)
        if last is not None:
            _report(last, log, request.call)
    except Stopped:
        return CallEnd(STOPPED, has_seen_stop=log.has_seen_stop)
    except SystemExit as error:
        said = "" if error.code is None else repr(error.code)
        return CallEnd("failed", f"{place_of(error)}: sys.exit({said})".removeprefix(": "))
    except BaseException as error:
        _print(error)
        status = "out_of_memory" if _is_out_of_memory(error) else "failed"
        return CallEnd(status, blamed(error))
    return CallEnd("finished", has_seen_stop=log.has_seen_stop)


def _report(last: Any, log: Log, call: str) -> None:
    if not isinstance(last, Mapping):
        raise TypeError(
            f"{call} returned {type(last).__name__}; allowed: a mapping of numbers such as "
            '{"accuracy": 0.9}, or nothing'
        )
    log(numbers_of(last))


def _is_out_of_memory(error: BaseException) -> bool:
    # Not imported here: a study need not have torch.
    torch = sys.modules.get("torch")
    kinds = (MemoryError, *filter(None, [getattr(torch, "OutOfMemoryError", None)]))
    return isinstance(error, kinds)


def _print(error: BaseException) -> None:
    """The traceback to the seed's log, without our own frames before the user's."""
    frame = error.__traceback__
    while frame is not None and not is_users_file(Path(frame.tb_frame.f_code.co_filename)):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame or error.__traceback__)


def leave(code: int = 0) -> NoReturn:
    """End this process as Python would, without taking down what its parent has imported."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def reseed() -> None:
    """Give this fork random states of its own, as a new process has.

    Python's own `random` does so in every fork.
    """
    # Not numpy, which would import it now.
    if (numpy_random := sys.modules.get("numpy.random")) is not None:
        numpy_random.seed()
    if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(int.from_bytes(os.urandom(7), "little"))


def main(text: str) -> NoReturn:
    """Import the module, and run one seed."""
    request = Request.from_json(text)
    try:
        function = imported(request)
    except UserError as error:
        log_of(request).end(vars(CallEnd(REFUSED, str(error))))
        leave()
    run_seed(function, request)


if __name__ == "__main__":
    main(sys.argv[1])
