"""The user's data and models, tried in a process of their own.

Nothing heavy is imported here, and whatever their code does (it raises, calls `exit`, crashes, runs
for ever), this process gets a result or one UserError. All that their code has started ends with
it, and with us.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.programs.contained import run_contained
from hyperverdict.vocabulary.users import Users

LOGS = Path("logs")
# What the user's code may take, in minutes. Data may have to be downloaded first.
DATA_MINUTES, MODELS_MINUTES = 120.0, 15.0


def prepare_apart(name: str, users: Users, minutes: float = DATA_MINUTES) -> None:
    """Prepare a data set of the user's own; its output goes to logs/prepare_data.

    Raises UserError with what is wrong with it, or with how its process ended.
    """
    log = users.prepared.parents[1] / LOGS / "prepare_data" / f"{name}.log"
    _run(
        {"task": "data", "name": name, "users": users.plain()}, f"preparing {name!r}", log, minutes
    )


def try_networks_apart(
    paths: Sequence[str], users: Users, minutes: float = MODELS_MINUTES
) -> list[str]:
    """Build the networks of configurations and train each on two images, on the CPU.

    Args:
        paths: canonical paths of the configurations; their data are prepared.

    Returns a line on each. Raises UserError for the first that would fail in training.
    """
    log = users.prepared.parents[1] / LOGS / "check" / "models.log"
    request = {"task": "networks", "paths": list(paths), "users": users.plain()}
    return list(_run(request, "trying the models", log, minutes))


def _run(request: Mapping[str, Any], doing: str, log: Path, minutes: float) -> Any:
    """The result of a request; UserError where there is none."""
    log.parent.mkdir(parents=True, exist_ok=True)
    package = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder, log.open("w") as output:
        answer, asked = Path(folder) / "answer", Path(folder) / "request"
        asked.write_text(
            json.dumps({**request, "doing": doing, "answer": str(answer)}), encoding="utf-8"
        )
        try:
            code = run_contained(
                [sys.executable, "-m", "hyperverdict.apart", str(asked)],
                60 * minutes,
                output,
                {**os.environ, "PYTHONPATH": path},
            )
        except subprocess.TimeoutExpired:
            raise UserError(
                f"{doing} took longer than {minutes:g} minutes and was stopped; see {log}. Data "
                "that take longer to make: save them once, and name the .npz file"
            ) from None
        try:
            said = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise UserError(f"{doing} {_ended(code)}; see {log}") from None
    if "refused" in said:
        raise UserError(said["refused"])
    return said["result"]


def _ended(code: int) -> str:
    """How a process ended that gave no answer."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = next((s.name for s in signal.Signals if s == -code), f"signal {-code}")
    memory = ", as where memory runs out" if name == "SIGKILL" else ""
    return f"was ended by {name}{memory}"


def _answered(request: Mapping[str, Any]) -> dict[str, Any]:
    users = Users.of_plain(request["users"])
    try:
        return {"result": _TASKS[request["task"]](request, users)}
    except UserError as error:
        return {"refused": str(error)}
    except BaseException as error:
        # Of the user's code, or a failed allocation: nothing of ours is expected to fail here.
        from hyperverdict.training.plugins import blamed

        traceback.print_exc()
        return {"refused": f"{request['doing']}: {blamed(error)}"}


def _prepare(request: Mapping[str, Any], users: Users) -> None:
    from hyperverdict.training.data import prepare

    name = request["name"]
    prepare(name, users.prepared.parent, users.prepared / name, users)


def _try_networks(request: Mapping[str, Any], users: Users) -> list[str]:
    from hyperverdict.trying import try_networks

    return try_networks(request["paths"], users)


_TASKS = {"data": _prepare, "networks": _try_networks}


def _main() -> None:
    """Answer the request in the file that is named."""
    # A shell that has started us in the background may have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answer = Path(request["answer"])
    partial = answer.with_suffix(".partial")
    partial.write_text(json.dumps(_answered(request)), encoding="utf-8")
    partial.rename(answer)
    for stream in (sys.stdout, sys.stderr):
        # The user's code may have closed them.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Threads of the user's code would keep this process for as long as they run.
    os._exit(0)


if __name__ == "__main__":
    _main()
