"""Writing a figure so that equal figures are equal bytes."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from hyperverdict.errors import UserError
from hyperverdict.figures import style
from hyperverdict.runs.files import write_atomic

FORMATS = (".svg", ".png", ".pdf")


def write(figure: Figure, path: Path) -> Path:
    """Write the figure in the format that the file name says; UserError on any other.

    The file appears under its name only when it is whole.
    """
    if path.suffix not in FORMATS:
        raise UserError(f"figure {path.name!r} must end in {', '.join(FORMATS)}")
    dateless: dict[str, dict[str, str | None]] = {
        ".svg": {"Date": None, "Creator": None},
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None},
    }
    content = BytesIO()
    with style.look(), warnings.catch_warnings():
        # Labels may hold any character; in an SVG the reader's fonts draw it.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing")
        figure.savefig(content, format=path.suffix[1:], dpi=200, metadata=dateless[path.suffix])
    write_atomic(path, content.getvalue())
    return path
