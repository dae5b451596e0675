"""Figures are drawn once, and are what matplotlib would write in two drawings."""

import gc
from collections.abc import Callable
from io import BytesIO

import matplotlib as mpl
import pytest
from hyperverdict.figures import canvas, style
from hyperverdict.figures.canvas import DATELESS, svg_of
from hyperverdict.figures.marks import MarkAxis, MarkRow, draw_rows
from hyperverdict.figures.memory import collected_between
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure


def rows() -> Figure:
    row = MarkRow("Width 16 → 64: +1.2 points", "#aa3377", 0.012, (0.004, 0.02), (0.01, 0.014))
    axis = MarkAxis("Difference in accuracy (points)", 100.0, "", True, neutral=0.0)
    return draw_rows("Effect on accuracy", axis, [row, row._replace(middle=-0.3)], "A note below")


def curves() -> Figure:
    with style.look():
        figure = style.new_figure(2.8)
        left, right = figure.subplots(1, 2)
        left.plot([1, 10, 100], [0.1, 0.5, 0.9], "o-", label="$x$ wide")
        left.set_xscale("log")
        right.fill_between([0, 1], [0, 1], [1, 2], alpha=0.2)
        right.annotate("ä & <b>", (1.1, 0.5), xycoords="axes fraction", annotation_clip=False)
        figure.legend(loc="outside lower left")
        style.footnote(figure, "All runs of both arms.")
    return figure


def sentence() -> Figure:
    return style.sentence_figure("Nothing to show.")


@pytest.mark.parametrize("make", [rows, curves, sentence])
@pytest.mark.filterwarnings("error")
def test_an_svg_drawn_once_is_the_one_that_matplotlib_writes(make: Callable[[], Figure]) -> None:
    content = BytesIO()
    with style.look():
        make().savefig(content, format="svg", metadata=DATELESS)
        assert svg_of(make()) == content.getvalue().decode()


def test_figures_are_drawn_once_and_equal_texts_measured_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Figure] = []
    draw = Figure.draw

    def counted(figure: Figure, renderer: RendererBase) -> None:
        drawn.append(figure)
        draw(figure, renderer)

    monkeypatch.setattr(Figure, "draw", counted)
    canvas._size.cache_clear()
    with style.look():
        svg_of(rows())
        measured = canvas._size.cache_info().misses
        svg_of(rows())
    assert len(drawn) == 2
    assert canvas._size.cache_info().misses == measured > 0


def test_the_look_ends_with_its_outermost_use() -> None:
    before = mpl.rcParams["font.size"]
    with style.look():
        with style.look():
            assert mpl.rcParams["font.size"] == style.SIZE != before
        assert mpl.rcParams["font.size"] == style.SIZE
    assert mpl.rcParams["font.size"] == before


def broken_drawing() -> None:
    with collected_between() as collect:
        assert not gc.isenabled()
        collect()
        raise ValueError("broken")


def test_cycles_are_looked_for_again_after_drawing_failed_or_not() -> None:
    with pytest.raises(ValueError, match="broken"):
        broken_drawing()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
