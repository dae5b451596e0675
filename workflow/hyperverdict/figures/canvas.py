"""A figure as SVG, drawn once: the layout is worked out from sizes alone, which figures share."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from io import StringIO
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

# An SVG counts in points.
UNITS_PER_INCH = 72
# Of texts, over all figures of a process.
MOST_SIZES = 20_000
# What would make two files of one figure differ.
DATELESS = {"Date": None, "Creator": None}


class _Renderer(RendererSVG):
    """Texts of one font and size are measured once, in whichever figure they stand."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        return _size(s, prop.copy(), ismath)


@lru_cache(MOST_SIZES)
def _size(text: str, font: FontProperties, formula: Any) -> tuple[float, float, float]:
    width, height, descent = text_to_path.get_text_width_height_descent(text, font, formula)
    return width, height, descent


class _Canvas(FigureCanvasSVG):
    """Gives the layout a renderer that draws nowhere."""

    def get_renderer(self) -> RendererSVG:
        return _renderer(self.figure, StringIO())


def _renderer(figure: Figure, out: StringIO) -> RendererSVG:
    width, height = figure.get_size_inches() * UNITS_PER_INCH
    make: Any = _Renderer
    renderer: RendererSVG = make(width, height, out, metadata=DATELESS)
    return renderer


def svg_of(figure: Figure) -> str:
    """The figure as matplotlib writes it, without dates.

    `Figure.savefig` draws every figure twice, to know the sizes for its layout.
    """
    figure.set_dpi(UNITS_PER_INCH)
    _Canvas(figure)
    engine = figure.get_layout_engine()
    if engine is not None and figure.axes:
        # As in matplotlib: a figure too small for its layout keeps its places.
        with suppress(ValueError):
            engine.execute(figure)
    figure.set_layout_engine("none")
    out = StringIO()
    renderer: Any = _renderer(figure, out)
    figure.draw(renderer)
    renderer.finalize()
    return out.getvalue()
