"""The colours of reports and figures, by the name of their CSS variable.

A figure's file holds the light values; in a page they become variables, so that dark mode changes
them (`svg.inline`). The arms' colours differ from one another and from those of verdicts, also
under deuteranopia, protanopia and tritanopia.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Shade(NamedTuple):
    """One colour on light and on dark paper, as ``#rrggbb``."""

    light: str
    dark: str


PALETTE: Mapping[str, Shade] = MappingProxyType(
    {
        "--ink": Shade("#1d1d1f", "#ececec"),
        "--soft": Shade("#595959", "#b3b3b3"),
        "--line": Shade("#d9d9d9", "#4a4a4a"),
        "--grid": Shade("#ededed", "#2b2b2b"),
        "--faint": Shade("#a8a8a8", "#767676"),
        "--paper": Shade("#ffffff", "#171717"),
        "--card": Shade("#f6f6f4", "#222222"),
        "--band": Shade("#e9e4d4", "#3a3628"),
        "--link": Shade("#00558a", "#8cc8f0"),
        "--supported": Shade("#00507f", "#a5d6f5"),
        "--refuted": Shade("#8f3800", "#ffbd96"),
        "--negligible": Shade("#3f3f3f", "#dcdcdc"),
        "--inconclusive": Shade("#634c00", "#f2d878"),
        "--depends": Shade("#6b2a5c", "#f0bfe3"),
        "--arm-1": Shade("#611ba7", "#2966cc"),
        "--arm-2": Shade("#b18e15", "#a29015"),
        "--arm-3": Shade("#218258", "#88cc1c"),
        "--arm-4": Shade("#ec6797", "#e77e7f"),
        "--arm-5": Shade("#29a1c1", "#58a3c5"),
        "--arm-6": Shade("#c64913", "#985943"),
        "--arm-7": Shade("#a76ef8", "#9172fe"),
        "--arm-8": Shade("#8b5896", "#cd398e"),
    }
)
ARMS = tuple(name for name in PALETTE if name.startswith("--arm-"))
# A verdict's or a part's evidence -> the name of its colour.
EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "supported": "--supported",
        "refuted": "--refuted",
        "no meaningful effect": "--negligible",
        "inconclusive": "--inconclusive",
        "true by arithmetic": "--supported",
        "estimated": "--soft",
    }
)


def light(name: str) -> str:
    """The colour in which figures are drawn: ``--ink`` -> ``#1d1d1f``."""
    return PALETTE[name].light


def evidence_color(evidence: str) -> str:
    """The colour of an evidence in figures; ink for any other."""
    return light(EVIDENCE.get(evidence, "--ink"))


def css() -> str:
    """The variables of both schemes, for a style sheet."""
    bright = "".join(f"  {name}: {shade.light};\n" for name, shade in PALETTE.items())
    dark = "".join(f"    {name}: {shade.dark};\n" for name, shade in PALETTE.items())
    return (
        f":root {{\n  color-scheme: light dark;\n{bright}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n  :root {{\n{dark}  }}\n}}\n"
    )
