"""Where an export goes: MLflow's tracking URI, and whether it can be written to.

Nothing here writes anything, so a dry run may ask.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from hyperverdict.errors import UserError, first_line, match

KEY = "mlflow"
INSTALL = 'pip install "hyperverdict[mlflow]"'
SERVERS = ("http", "https")
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
DATABRICKS = "databricks"
SCHEMES = ("file", *SERVERS, *DATABASES, DATABRICKS)
EXAMPLES = (
    "name a folder (mlruns), a server (http://127.0.0.1:5000) or a database (sqlite:///mlflow.db)"
)
# How long a server may take to answer before the first job starts.
PATIENCE_SECONDS = 10
_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(/.*)?")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")

Kind = Literal["folder", "server", "database", "databricks"]


@dataclass(frozen=True)
class Destination:
    """A tracking URI that can be read.

    Attributes:
        uri: as MLflow takes it.
        given: as the user wrote it, without user name and password.
        asked: the same with the option that named it, for messages.
        folder: of a folder; None of any other.
    """

    uri: str
    given: str
    asked: str
    kind: Kind
    folder: Path | None = None


def read_destination(value: object, option: str = f"--config {KEY}=") -> Destination | None:
    """The destination that an option names; None where it names none.

    Args:
        option: as it stands before its value.

    Raises UserError for what is no folder and no URI that MLflow knows.
    """
    if value is None:
        return None
    text = str(value).strip() if isinstance(value, str | Path) else ""
    if not text or not text.isprintable():
        raise UserError(f"{option}{value!r}: must be a folder or a URI; {EXAMPLES}")
    given = _SECRET.sub("", text)
    asked = f"{option}{given}"
    if _HOST_AND_PORT.fullmatch(text):
        raise UserError(f"{asked}: a server needs its scheme; write http://{text}")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise UserError(f"{asked}: is not a URI ({error}); {EXAMPLES}") from None
    scheme = parts.scheme.partition("+")[0]
    if text == DATABRICKS or scheme == DATABRICKS:
        return Destination(text, given, asked, "databricks")
    if not scheme:
        return _of_folder(Path(text).expanduser(), given, asked)
    if scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise UserError(
                f"{asked}: file: takes an absolute path; write the folder alone, or file:///FOLDER"
            )
        return _of_folder(Path(unquote(parts.path)), given, asked)
    if scheme not in SCHEMES:
        near = match(scheme, SCHEMES)
        hint = f"did you mean {near!r}?" if near else EXAMPLES
        raise UserError(f"{asked}: unknown scheme {scheme!r}; {hint}")
    if scheme in SERVERS and not parts.hostname:
        raise UserError(f"{asked}: names no server; {EXAMPLES}")
    if scheme == "sqlite" and (parts.netloc or len(parts.path) < 2):
        raise UserError(f"{asked}: names no file; write sqlite:///mlflow.db")
    if scheme in DATABASES:
        return Destination(text, given, asked, "database")
    # A slash at the end would stand twice in each request.
    plain = parts._replace(path=parts.path.rstrip("/"), query="", fragment="")
    return Destination(urlunsplit(plain), given, asked, "server")


def _of_folder(folder: Path, given: str, asked: str) -> Destination:
    return Destination(folder.absolute().as_uri(), given, asked, "folder", folder)


def refuse_unusable(destination: Destination, *, elsewhere: bool = False) -> None:
    """UserError, with what to do, where nothing can be written to a destination.

    Args:
        elsewhere: the export has an environment of its own, whatever is installed here.
    """
    if destination.folder is not None:
        _refuse_folder(destination.folder, destination.asked)
    if elsewhere:
        return
    missing = missing_package(destination)
    if missing:
        raise UserError(f"{destination.asked}: {missing}")
    if destination.kind in ("server", "databricks"):
        _refuse_silent(destination)


def missing_package(destination: Destination) -> str:
    """Which package a destination needs that is not installed, and how to install it; else ""."""
    if importlib.util.find_spec("mlflow") is None:
        return f"MLflow is not installed; {INSTALL}"
    if destination.kind == "database" and not _is_installed("mlflow"):
        return (
            "a database needs the whole of MLflow, and only mlflow-skinny is installed; "
            "pip install mlflow, or name a folder or a server"
        )
    return ""


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _refuse_folder(folder: Path, asked: str) -> None:
    """UserError where a folder neither exists nor can be made."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{asked}: {folder} is a file; name a folder")
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise UserError(f"{asked}: {above} cannot be written to; name another folder")


def _refuse_silent(destination: Destination) -> None:
    """UserError where a server does not answer."""
    with mlflow_client(destination, patient=False) as client:
        try:
            client.search_experiments(max_results=1)
        except Exception as error:
            raise UserError(
                f"{destination.asked}: no MLflow server answers there ({reason(error)}); start it "
                "(mlflow server --port 5000), correct the address, or name a folder"
            ) from None


def reason(error: BaseException) -> str:
    """Why a request failed, in one line without secrets."""
    text = first_line(error)
    # requests and urllib3 wrap the cause: "... (Caused by NewConnectionError('...: cause'))".
    cause = re.search(r"Caused by \w+\([\"']?(?:.*?: )?(.+?)[\"']?\)\)*$", text)
    shown = _SECRET.sub("", cause[1] if cause else text)
    return shown if len(shown) <= 300 else f"{shown[:297]}..."


@contextmanager
def mlflow_client(destination: Destination, *, patient: bool = True) -> Iterator[Any]:
    """MLflow's client, with settings of its own for as long as it is used.

    It reports no usage to anybody, and folders, which newer versions refuse unless told otherwise,
    are accepted.

    Args:
        patient: try again, as MLflow does, where a server does not answer.
    """
    settings = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    }
    if not patient:
        settings |= {
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            "MLFLOW_HTTP_REQUEST_TIMEOUT": str(PATIENCE_SECONDS),
        }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        from mlflow import MlflowClient  # type: ignore[import-not-found,unused-ignore]

        yield MlflowClient(tracking_uri=destination.uri)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
