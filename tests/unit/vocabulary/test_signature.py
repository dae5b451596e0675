"""What a user's function declares, read without running it."""

from __future__ import annotations

import re
import sys

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.signature import read_signature


@pytest.fixture
def read(tmp_path):
    def read(source, name="m:f", **others):
        (tmp_path / "m.py").write_text(source)
        for module, text in others.items():
            file = tmp_path / f"{module.replace('__', '/')}.py".replace("/init.py", "/__init__.py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return read_signature(name, [tmp_path])

    return read


def declared(signature):
    return {name: (a.default, a.kind) for name, a in signature.hyperparameters.items()}


def test_keyword_only_arguments_are_hyperparameters(read):
    found = read(
        "from typing import Literal\n"
        "def f(shape, classes, *, channels=16, rate=0.5, name='a', bias=True, low=-1,\n"
        "      pool: Literal['max', 'mean'] = 'max', width: 'int' = 3, scale: float = 1):\n"
        "    raise SystemExit\n"
    )
    assert declared(found) == {
        "channels": (16, "whole"),
        "rate": (0.5, "number"),
        "name": ("a", "text"),
        "bias": (True, "boolean"),
        "low": (-1, "whole"),
        "pool": ("max", "text"),
        "width": (3, "whole"),
        "scale": (1, "number"),
    }
    assert found.arguments["pool"].allowed == ("max", "mean")
    assert (found.required, found.optional) == (("shape", "classes"), ())
    assert not any(a.problem for a in found.arguments.values())


def test_nothing_is_imported(read):
    assert read("import nothing_of_this_name\nraise SystemExit\ndef f(*, a=1): ...").readable
    assert "m" not in sys.modules


def test_arguments_that_begin_with_an_underscore_are_the_functions_own(read):
    assert declared(read("def f(*, _cache=None, a=1): ...")) == {"a": (1, "whole")}


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("a=SIZE", "SIZE, which only running"),
        ("a=2 * 8", r"2 \* 8, which only running"),
        ("a=math.pi", "math.pi, which only running"),
        ("a=1e999", "1e999|1e309"),
        ("a={'x': 1}", "neither a number nor text"),
        ("a=b'x'", "neither a number nor text"),
        ("a: list = 1", r"annotated as list; allowed: int, float, str, bool, Literal"),
        ("a: int | str = 1", r"annotated as int \| str"),
        ("a: 'int |' = 1", "annotated as"),
        ("a: Literal[1, 'x'] = 1", "must list numbers, or texts"),
        ("a: Literal[SIZE] = 1", r"annotated as Literal\[SIZE\]"),
    ],
)
def test_what_declares_no_hyperparameter_says_why(read, argument, problem):
    found = read(f"def f(*, {argument}): ...").arguments["a"]
    assert re.search(problem, found.problem)
    assert found.place.endswith("m.py, line 1")


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("def f(a, b, /, *, c=1): ...", ("a", "b")),
        ("f = lambda a, b, *, c=1: a", ("a", "b")),
        ("class f:\n    def __init__(self, a, b, *, c=1): ...", ("a", "b")),
        ("class Base:\n    def __init__(self, a, *, c=1): ...\nclass f(Base): ...", ("a",)),
        ("def g(a, *, c=1): ...\nf = g", ("a",)),
        ("if True:\n    def f(a, *, c=1): ...\nelse:\n    def f(*, c=1): ...", ()),
        ("try:\n    import x\nexcept ImportError:\n    def f(a, *, c=1): ...", ("a",)),
        ("def f(x): ...\ndef f(a, *, c=1): ...", ("a",)),
        ("@cache\ndef f(a, *, c=1): ...", ("a",)),
    ],
)
def test_forms_of_a_definition(read, source, required):
    found = read(source)
    assert (found.required, declared(found)) == (required, {"c": (1, "whole")})


def test_a_function_may_be_imported_from_another_module(read):
    found = read(
        "from parts.nets import net as f",
        parts__init="",
        parts__nets="from .deep import net",
        parts__deep="\ndef net(a, *, c=1): ...",
    )
    assert declared(found) == {"c": (1, "whole")}
    assert found.place.endswith("parts/deep.py, line 2")


def test_a_nested_package(read):
    found = read("", "a.b:f", a__init="", a__b="from . import *\ndef f(*, c=1): ...")
    assert declared(found) == {"c": (1, "whole")}


@pytest.mark.parametrize(
    "source",
    ["from functools import partial\nf = partial(print)", "f, g = make()", "from math import sin as f",
     "from numpy import zeros as f", "def __getattr__(name): ...", "from m2 import *", "import os as f",
     "class f: ...", "from torch.nn import Module\nclass f(Module): ..."],
)  # fmt: skip
def test_what_only_running_would_tell_is_unreadable(read, source):
    assert not read(source).readable


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def g(): ...", "m.py has no 'f'; allowed: g"),
        ("def ff(): ...", "did you mean 'ff'"),
        ("", "m.py has no 'f'; it defines nothing"),
        ("f = 3", "m.py, line 1: f is 3, not a function"),
        ("async def f(): ...", "f is async; write a plain def"),
        ("def f(:", "m.py, line 1: "),
        ("from m import f", "line 1: f is imported in a circle"),
        ("from m2 import f", "m.py, line 1: module 'm2' is neither in"),
        ("from . import f", "line 1: module"),
    ],
)
def test_a_missing_function_is_one_message(read, source, message):
    with pytest.raises(UserError, match=message):
        read(source)


def test_imports_in_a_circle_end(read):
    with pytest.raises(UserError, match="imported in a circle"):
        read("from other import f", other="from m import f")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("n:f", "module 'n' is neither"),
        ("m:", "must read module:function"),
        ("m:a.b", "must read module:function"),
        ("m:a:b", "must read module:function"),
        (":f", "module '' is neither"),
        ("m-x:f", "module 'm-x' is neither"),
    ],
)
def test_a_wrong_name_is_refused(read, name, message):
    with pytest.raises(UserError, match=message):
        read("def f(): ...", name)
