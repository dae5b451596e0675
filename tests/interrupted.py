"""A finished run as if its job had been interrupted after some of its seeds."""

from dataclasses import replace

from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE, read_record
from hyperverdict.runs.write import read_table, write_run
from hyperverdict.training.partial import PartialFolder

KEPT = (0, 1, 2, 4)


def interrupt(run, kept=KEPT, tabled=(), *, described=True, **identity):
    """The run's job was interrupted: seeds in its table, and others kept beside it."""
    record, (rows, _) = read_record(run), read_table(run / METRICS_FILE)
    whose = {name: getattr(record, name) for name in ("path", "data_checksum", "training_version")}
    folder = PartialFolder(run / "partial", {**whose, **identity})
    if described:
        folder.describe(record)
    for seed in kept:
        own = [row for row in rows.to_pylist() if row["seed"] == seed]
        folder.begin(seed, record.steps)
        folder.keep(seed, own, record.seeds[str(seed)], record.sessions[0])
    (run / METRICS_FILE).unlink()
    (run / RECORD_FILE).unlink()
    if tabled:
        ends = {str(seed): record.seeds[str(seed)] for seed in tabled}
        chosen = rows.filter([seed in tabled for seed in rows["seed"].to_pylist()])
        write_run(run, [chosen], replace(record, seeds=ends))
