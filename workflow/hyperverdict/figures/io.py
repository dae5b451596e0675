"""Writing a figure so that equal figures are equal bytes."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from hyperverdict.errors import UserError
from hyperverdict.figures import style

FORMATS = (".svg", ".png", ".pdf")


def write(figure: Figure, path: Path) -> Path:
    """Write the figure in the format that the file name says; UserError on any other.

    The file appears under its name only when it is whole.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise UserError(f"figure {path.name!r} must end in {', '.join(FORMATS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    dateless: dict[str, dict[str, str | None]] = {
        ".svg": {"Date": None, "Creator": None},
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None},
    }
    unfinished = path.with_name(f".{path.name}.part")
    with style.look():
        figure.savefig(unfinished, format=path.suffix[1:], dpi=200, metadata=dateless[path.suffix])
    unfinished.replace(path)
    return path
