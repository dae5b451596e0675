"""Where an export goes: what is taken, and what is refused before anything starts."""

import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hyperverdict.errors import UserError
from hyperverdict.exporting import destination as module
from hyperverdict.exporting.destination import (
    INSTALL,
    mlflow_client,
    read_destination,
    refuse_unusable,
)


@pytest.mark.parametrize(
    ("value", "kind", "uri"),
    [
        ("mlruns", "folder", "{cwd}/mlruns"),
        ("./a b/mlruns", "folder", "{cwd}/a%20b/mlruns"),
        ("file:///tmp/x%20y", "folder", "file:///tmp/x%20y"),
        ("file:/tmp/x", "folder", "file:///tmp/x"),
        ("sqlite:///mlflow.db", "database", "sqlite:///mlflow.db"),
        ("postgresql+psycopg2://u:p@h/db", "database", "postgresql+psycopg2://u:p@h/db"),
        ("http://127.0.0.1:5000/", "server", "http://127.0.0.1:5000"),
        ("https://u:secret@host/mlflow", "server", "https://u:secret@host/mlflow"),
        ("databricks", "databricks", "databricks"),
        ("databricks://profile", "databricks", "databricks://profile"),
    ],
)
def test_what_mlflow_takes_is_taken(value, kind, uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = read_destination(value)
    assert (read.kind, read.uri) == (kind, uri.format(cwd=tmp_path.as_uri()))
    assert "secret" not in f"{read.given}{read.asked}"
    assert "u:p" not in read.asked


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must be a folder or a URI"),
        (5000, "must be a folder or a URI"),
        ({"uri": "x"}, "must be a folder or a URI"),
        ("a\x1b[31m", "must be a folder or a URI"),
        ("localhost:5000", "write http://localhost:5000"),
        ("htp://host", "did you mean 'http'"),
        ("s3://bucket/x", "unknown scheme 's3'"),
        ("http://", "names no server"),
        ("http://host:port", "is not a URI"),
        ("sqlite://", "write sqlite:///mlflow.db"),
        ("sqlite://mlflow.db", "write sqlite:///mlflow.db"),
        ("file://mlruns", "absolute path"),
        ("file:mlruns", "absolute path"),
    ],
)
def test_anything_else_is_one_message_with_an_example(value, words):
    with pytest.raises(UserError) as refused:
        read_destination(value)
    said = str(refused.value)
    assert said.startswith("--config mlflow=")
    assert words in said
    assert said.isprintable()


def test_the_option_is_named_as_it_was_written():
    with pytest.raises(UserError, match=r"^--mlflow htp://x: unknown"):
        read_destination("htp://x", "--mlflow ")


def test_nothing_named_is_nothing():
    assert read_destination(None) is None


def test_a_missing_package_is_named_with_its_installation(tmp_path, monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError) as refused:
        refuse_unusable(read_destination(str(tmp_path)))
    assert INSTALL in str(refused.value)
    refuse_unusable(read_destination(str(tmp_path)), elsewhere=True)


def test_a_database_needs_the_whole_package(monkeypatch):
    monkeypatch.setattr(module, "_is_installed", lambda package: False)
    with pytest.raises(UserError, match="pip install mlflow"):
        refuse_unusable(read_destination("sqlite:///x.db"))
    monkeypatch.setattr(module, "_is_installed", lambda package: True)
    refuse_unusable(read_destination("sqlite:///x.db"))


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "mlruns").write_text("")
    for name in ("mlruns", "mlruns/below"):
        with pytest.raises(UserError, match="mlruns"):
            refuse_unusable(read_destination(str(tmp_path / name)))
    refuse_unusable(read_destination(str(tmp_path / "new/folder")))
    assert not (tmp_path / "new").exists(), "asking writes nothing"


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_server_that_does_not_run_is_said_at_once():
    port = closed_port()
    with pytest.raises(UserError) as refused:
        refuse_unusable(read_destination(f"http://me:secret@127.0.0.1:{port}"))
    said = str(refused.value)
    assert f"--config mlflow=http://127.0.0.1:{port}: no MLflow server answers there" in said
    assert "refused" in said.lower()
    assert "secret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(("status", "body"), [(404, b"nobody"), (401, b"who?"), (200, b"<html>")])
def test_a_server_that_is_not_mlflow_is_refused(status, body):
    class Other(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(UserError, match="no MLflow server answers there"):
            refuse_unusable(read_destination(f"http://127.0.0.1:{server.server_port}"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_client_reports_nothing_home_and_leaves_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    before = dict(os.environ)
    with mlflow_client(read_destination(str(tmp_path / "store"))) as client:
        from mlflow.telemetry import get_telemetry_client

        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert get_telemetry_client() is None
        assert client.search_experiments() is not None
    assert dict(os.environ) == before
