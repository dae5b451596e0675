"""Writing figures: the same figure gives the same bytes; a file appears only when it is whole."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from hyperverdict.errors import UserError
from hyperverdict.figures import style, svg
from hyperverdict.figures.canvas import svg_of
from hyperverdict.figures.drawn import Values
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.words.safe import csv_cell, xml

FORMATS = (".svg", ".png", ".pdf")


def write(figure: Figure, path: Path, title: str = "", text: str = "") -> Path:
    """Write the figure in the format that the file name says; UserError on any other.

    Args:
        title, text: what an SVG says of itself for those who do not see it.
    """
    if path.suffix not in FORMATS:
        raise UserError(f"figure {path.name!r} must end in {', '.join(FORMATS)}")
    dateless: dict[str, dict[str, str | None]] = {
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None},
    }
    content = BytesIO()
    _prepare(figure)
    with style.look(), warnings.catch_warnings():
        # Labels may hold any character; in an SVG the reader's fonts draw it.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing")
        if path.suffix == ".svg":
            written = svg.standalone(svg_of(figure), xml(title), xml(text)).encode()
        else:
            kind, metadata = path.suffix[1:], dateless[path.suffix]
            figure.savefig(content, format=kind, dpi=200, metadata=metadata)
            written = content.getvalue()
    write_atomic(path, written)
    return path


def _prepare(figure: Figure) -> None:
    """Texts and tooltips without characters that no file can hold; everything as vectors."""
    figure.patch.set_gid(svg.BACKGROUND)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(formatter := axis.get_major_formatter(), FixedFormatter):
                axis.set_major_formatter(
                    FixedFormatter([xml(t, lines=True) for t in formatter.seq])
                )
    for artist in figure.findobj():
        if isinstance(artist, Text) and (text := artist.get_text()):
            artist.set_text(xml(text, lines=True))
        # A gradient would be written as an image.
        artist.set_rasterized(False)
        if gid := artist.get_gid():
            artist.set_gid(xml(gid))


def write_values(values: Values, path: Path) -> Path:
    """Write the values that a figure shows as CSV."""
    content = StringIO()
    table = csv.writer(content, lineterminator="\n")
    table.writerow(map(csv_cell, values.columns))
    table.writerows([csv_cell(cell) for cell in row] for row in values.rows)
    write_atomic(path, content.getvalue().encode())
    return path


def write_index(entries: Mapping[str, Any], checksums: Mapping[str, str], path: Path) -> Path:
    """Write the index of a study's figures.

    Args:
        checksums: file name -> SHA-256 of a figure's panel or values.
    """
    content = {"format": 1, "figures": entries, "sha256": checksums}
    write_atomic(path, json_bytes(content, indent=1))
    return path
