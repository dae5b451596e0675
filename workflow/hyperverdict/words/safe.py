"""Text of users and of their files, made safe for where it is written: one function per target.

Titles, claims, levels and names of columns and files hold any character. No target may obey them:
a terminal its control characters, a page its tags, a spreadsheet its formulas. What a target cannot
hold at all becomes �; what only changes the direction of the text around it is left out.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from markupsafe import Markup
from markupsafe import escape as _escaped_for_html

REPLACEMENT = "\ufffd"
# The longest name of a folder; the longest claim in a list of claims, whole in its section; and the
# longest text in a caption: docutils reads no line of more than 10,000 characters, and every
# character may need a backslash.
LONGEST_NAME = 120
LONGEST_CLAIM = 1_000
LONGEST_CAPTION = 2_000

# Escape sequences of terminals: colours and cursor movements, then titles, links and the like.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
)
# Characters that change the direction of what follows, and cannot be seen.
_UNSEEN = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_UNSAFE_IN_JSON = re.compile(f"[\x7f-\x9f\u2028\u2029{_UNSEEN}]")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SPACES = "\x0b\x0c\x1c\x1d\x1e\x1f"
_KEPT = "\n\t"
# Every control character but those above, half a character, and what no XML holds.
_TABLE: dict[int, str | None] = {
    **{code: REPLACEMENT for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))},
    0xFFFE: REPLACEMENT,
    0xFFFF: REPLACEMENT,
    **{ord(character): " " for character in _SPACES},
    **dict.fromkeys(map(ord, _UNSEEN)),
}
for _character in _KEPT:
    del _TABLE[ord(_character)]


def text(value: object) -> str:
    """Lines of text without control characters: only line ends and tabs stay."""
    found = str(value)
    if found.isascii() and found.isprintable():
        return found
    return _LINE_ENDS.sub("\n", _SEQUENCE.sub("", found)).translate(_TABLE)


def line(value: object) -> str:
    """The same on one line; any white space is one space."""
    return " ".join(text(value).split())


def cut(value: str, longest: int) -> str:
    """The text; the middle of a longer one is left out."""
    if len(value) <= longest:
        return value
    kept = (longest - 3) // 2
    return f"{value[:kept]} … {value[-kept:]}"


def unprintable(value: str) -> tuple[str, bool]:
    """The first character that no text for people holds, as U+001B, and whether it is half of one.

    Halves (lone surrogates) come before control characters; ("", False) where there is neither.
    """
    wrong = [c for c in value if not c.isprintable()]
    for kind in ("Cs", "Cc"):
        found = (c for c in wrong if unicodedata.category(c) == kind and c not in "\n\r\t\x85")
        if character := next(found, ""):
            return f"U+{ord(character):04X}", kind == "Cs"
    return "", False


def terminal(value: object) -> str:
    """Lines that a terminal prints and does not obey."""
    return text(value)


def terminal_line(value: object) -> str:
    """One such line."""
    return line(value)


def json_text(document: str) -> str:
    """A JSON document with the same content, in which a terminal finds nothing to obey."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def xml(value: object, *, lines: bool = False) -> str:
    """Text that any XML can hold once it is escaped, such as the labels of a picture.

    Args:
        lines: keep line ends; else every white space is one space.
    """
    if lines:
        return "\n".join(map(line, text(value).split("\n")))
    return line(value)


def html(value: object) -> Markup:
    """Text as a page shows it, in an element or in a quoted attribute; `Markup` stays as it is."""
    return value if isinstance(value, Markup) else _escaped_for_html(text(value))


def for_template(value: Any) -> Any:
    """What a template is about to escape, without what no page holds."""
    return text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


# Characters that Markdown, GitHub's included, takes for its own within a line.
_ACTIVE = re.compile(r"([\\`*_\[\]~$|])")
# What makes a line more than a paragraph: headings, lists, quotes, rules.
_BLOCK = re.compile(r"^(\d*)([-+#=.)])(?=\s|\2|$)")
# What becomes a link by itself.
_ADDRESS = re.compile(r"(://|www\.|@)", re.IGNORECASE)


def markdown(value: object) -> Markdown:
    """Text on one line, or in a cell, that neither Markdown nor HTML takes for anything else."""
    if isinstance(value, Markdown):
        return value
    one = line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    one = _BLOCK.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", one), count=1)
    return Markdown(_ADDRESS.sub(lambda found: _unlinked(found[0]), one))


def _unlinked(address: str) -> str:
    """The beginning of an address, written so that it stays text."""
    return {"://": r"\://", "@": r"\@"}.get(address, address.replace(".", r"\."))


def markdown_code(value: object) -> Markdown:
    """Text as code on one line, whatever backticks are in it."""
    one = line(value)
    longest = max((len(run) for run in re.findall("`+", one)), default=0)
    fence = "`" * (longest + 1)
    space = " " if one.startswith("`") or one.endswith("`") else ""
    return Markdown(f"{fence}{space}{one}{space}{fence}")


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
        "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        # Characters that pdfTeX does not know.
        "−": "$-$", "∞": r"$\infty$", "×": r"$\times$", "→": r"$\to$", "±": r"$\pm$",
        "≈": r"$\approx$", "≥": r"$\geq$", "≤": r"$\leq$", "α": r"$\alpha$", "δ": r"$\delta$",
    }
)  # fmt: skip


def latex(value: object) -> str:
    """Text on one line that LaTeX prints as it stands, in a cell, too."""
    written = line(value).translate(_LATEX)
    # Behind the end of a row, these two would be its options.
    return f"{{{written[0]}}}{written[1:]}" if written[:1] in ("[", "*") else written


_REST = re.compile(r"([\\`*_|<>\[\]:@])")
# What begins a list, a heading, a comment or a line of options.
_REST_START = re.compile(r"(?=\W)|\(?\w+[.)](?=\s|$)")


def rest(value: object) -> str:
    """Text on one line without meaning to reStructuredText; a long one loses its middle."""
    written = _REST.sub(r"\\\1", cut(line(value), LONGEST_CAPTION))
    if written[:1] not in ("", "\\") and _REST_START.match(written):
        return f"\\{written}"
    return written


_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9=.,+_ -]")


def folder_name(value: str) -> str:
    """A name of one folder, which TensorBoard shows: letters, digits and ``=.,+_ -``.

    It has at most `LONGEST_NAME` characters. One that had to be changed ends in a checksum of the
    original, so that it stays unique.
    """
    safe = _UNSAFE_IN_NAMES.sub("_", value).strip(" .")
    if safe == value and 0 < len(safe) <= LONGEST_NAME:
        return safe
    checksum = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{safe[: LONGEST_NAME - 9]}-{checksum[:8]}"


def tensorboard(value: object) -> str:
    """Text as TensorBoard stores and shows it: one line of Unicode.

    Its tables show text as it is; where Markdown is shown, use `markdown`.
    """
    return line(value)


# What a spreadsheet runs when a cell begins with it; full-width forms included.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def csv_cell(value: Any) -> Any:
    """A cell of a CSV file; text that a spreadsheet would run as a formula begins with '.

    Numbers stay, also those written as text. `from_csv` gives the text again.
    """
    if not isinstance(value, str):
        return value
    held = _held_by_csv(value)
    return f"'{held}" if _FORMULA.match(held) and not _is_number(held) else held


def from_csv(cell: str) -> str:
    """The text of a cell that `csv_cell`, or a spreadsheet, kept from being a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


_NOT_IN_CSV = {code: kept for code, kept in _TABLE.items() if chr(code) not in _UNSEEN}


def _held_by_csv(value: str) -> str:
    """The text with line ends of one kind, which every reader finds within quotes."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_NOT_IN_CSV)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value.strip() == value


def csv_frame(frame: Any) -> Any:
    """A pandas table whose cells and names of columns are such cells."""
    texts = [name for name in frame.columns if frame[name].dtype.kind not in "biufcmM"]
    made = {}
    for name in texts:
        known = {cell: csv_cell(cell) for cell in frame[name].unique() if isinstance(cell, str)}
        if any(cell != kept for cell, kept in known.items()):
            made[name] = [known[c] if isinstance(c, str) else c for c in frame[name]]
    changed = frame.assign(**made) if made else frame
    return changed.rename(columns=csv_cell)
