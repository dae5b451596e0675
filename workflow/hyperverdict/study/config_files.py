"""The files that `--configfile` names, looked at before Snakemake opens them.

Snakemake reads whatever is there, for minutes, and ends in a traceback where it cannot.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.study.strict_yaml import parse_document, read_text
from hyperverdict.study.structure import Source, mapping_of


def named_files(arguments: Sequence[str]) -> list[Path]:
    """The files that a command line of Snakemake names, program first; [] for other programs."""
    program = Path(arguments[0])
    name = program.parent.name if program.name == "__main__.py" else program.stem
    if name != "snakemake":
        return []
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[], type=Path)
    files: list[Path] = parser.parse_known_args(arguments[1:])[0].configfile
    return files


def check_config_file(path: Path) -> None:
    """Raises UserError for a file that cannot be read, is not YAML, or holds no keys."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise UserError(
            f"{path}: is not a regular file; every job reads it again, so save the study as a file"
        )
    document = parse_document(read_text(path), path)
    mapping_of(document.content, Source(path, document.lines))
