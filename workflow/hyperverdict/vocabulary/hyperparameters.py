# ruff: noqa: E501
"""The hyperparameters: type, range, unit, description, frozen default, spelling in paths.

A frozen default never changes once released: paths of later hyperparameters depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.spellings import number_hint, truth_hint

# Numbers beyond overflow where they are squared.
LARGEST, SMALLEST = 1e30, 1e-30

# A canonical level: a number, a word, a tuple of them, or a Budget.
Level = Any

MAX_COMPONENT_BYTES = 255
# What a seed of its own is called that is none: everything comes from the run's seed.
RUNS_SEED = "run"
_SEEDS_TEXT = "run (the run's own seed), or a whole number"


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter.

    Attributes:
        read: canonical value from what a person wrote; raises UserError.
        spell: text of the canonical value in a path.
        default: frozen default; core hyperparameters are always spelled, the others only when they
            differ from it.
        core: spelled in every path.
        acts_with: other hyperparameter -> its levels with which this one does something; with any
            other level it is inert. Empty when it always acts.
        inert_when: cases in which it does nothing, each as other hyperparameter -> levels, all of
            which must hold.
        words: canonical levels that people read as a word: 0 training images are "all".
        parse: canonical value from a path's text, where that is not what a person would write.
        flag: for true or false in a user's command: the argument that stands for true.
        kind: of its levels where it was declared outside this package, see `declared.KINDS`.
        of: what declares it, "model" or "data", where a user's function does; "" for the others.
    """

    name: str
    unit: str
    description: str
    allowed: str
    default: Level
    core: bool
    read: Callable[[object], Level]
    spell: Callable[[Level], str] = str
    acts_with: Mapping[str, frozenset[Level]] = field(default_factory=dict)
    inert_when: tuple[Mapping[str, frozenset[Level]], ...] = ()
    words: Mapping[Level, str] = field(default_factory=dict)
    parse: Callable[[str], Level] | None = None
    flag: str = ""
    kind: str = ""
    of: str = ""


def number_text(value: float) -> str:
    """The shortest plain spelling of a number: 0.001, 1e-05 and 64 for 1e-3, 0.00001 and 64.0."""
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )


def as_number(raw: object) -> float:
    """A number as people write it (1e-3, '1e-3', 0.001); booleans are none."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise UserError(f"{raw!r} is not a number{number_hint(raw)}")
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        raise UserError(f"{raw!r} is not a number{number_hint(raw)}") from None
    if not math.isfinite(value):
        raise UserError(f"{raw!r} is not a finite number")
    return value


def range_problem(shown: object, value: float) -> str:
    """Why a number that a study states overflows later; "" where it does not."""
    size = abs(value)
    if size == 0 or SMALLEST <= size <= LARGEST:
        return ""
    return f"{shown} is out of range: numbers other than 0 are from {SMALLEST:g} to {LARGEST:g} in size"


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(raw: object) -> int:
        value = as_number(raw)
        if not value.is_integer() or not low <= value <= high:
            raise UserError(f"{raw!r} must be a whole number from {low} to {high}")
        return int(value)

    return read


def _real(low: float, high: float, *, open_low: bool = False) -> Callable[[object], float]:
    def read(raw: object) -> float:
        value = as_number(raw)
        if not (low < value if open_low else low <= value) or not value < high:
            start = "above" if open_low else "at least"
            raise UserError(
                f"{raw!r} must be {start} {number_text(low)} and below {number_text(high)}"
            )
        return value

    return read


def _zero_or(word: str, positive: Callable[[object], Level]) -> Callable[[object], Level]:
    """A number above 0, or a word for what the level 0 means; what was read can be read again."""

    def read(raw: object) -> Level:
        return 0 if raw in (word, 0, "0") and raw is not False else positive(raw)

    return read


def _seed(raw: object) -> Level:
    """A seed of its own, or the word for that of the run."""
    return RUNS_SEED if raw == RUNS_SEED else _whole(0, 2**31 - 1)(raw)


def _flag(raw: object) -> bool:
    text = str(raw).lower()
    if text not in ("true", "false"):
        raise UserError(f"{raw!r} must be true or false{truth_hint(raw)}")
    return text == "true"


def _spell_flag(level: bool) -> str:
    return str(level).lower()


def _choice(*names: str) -> Callable[[object], str]:
    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in names:
            raise UserError(
                f"{raw!r} is not allowed; {nearest(raw, names)} (allowed: {', '.join(names)})"
            )
        return raw

    return read


def _widths(raw: object) -> tuple[int, ...]:
    if raw == NO_LAYERS:
        return ()
    if isinstance(raw, str):
        raw = [w for part in raw.split("-") for w in _repeat(part)]
    if not isinstance(raw, (list, tuple)):
        raise UserError(
            f"{raw!r} must be a list of layer widths such as [256, 128], or [] for a linear model"
        )
    read = _whole(1, 65536)
    return tuple(read(width) for width in raw)


def _repeat(part: str) -> list[str]:
    width, _, times = part.partition("x")
    return [width] * (_whole(1, 1000)(times) if times else 1)


def _spell_widths(widths: tuple[int, ...]) -> str:
    """Equal neighbours are run-length coded: 256x2, 512-256x3, 64; a linear model has none."""
    runs = [(width, len(list(same))) for width, same in groupby(widths)]
    return "-".join(f"{width}x{n}" if n > 1 else str(width) for width, n in runs) or NO_LAYERS


def _classes(raw: object) -> tuple[int, ...]:
    if raw == "all":
        return ()
    if isinstance(raw, str):
        raw = raw.split("-")
    if not isinstance(raw, (list, tuple)):
        raise UserError(f"{raw!r} must be a list of class numbers such as [0, 1, 2], or all")
    read = _whole(0, 9999)
    classes = tuple(sorted({read(c) for c in raw}))
    if len(classes) == 1:
        raise UserError(f"{raw!r}: at least two classes are needed")
    return classes


def _spell_classes(classes: tuple[int, ...]) -> str:
    return "-".join(map(str, classes)) or "all"


def _augmentation(raw: object) -> tuple[str, ...]:
    if raw == NO_AUGMENTATION:
        return ()
    names = raw.split("-") if isinstance(raw, str) else raw
    if not isinstance(names, (list, tuple)):
        raise UserError(f"{raw!r} is not allowed; allowed: {_AUGMENTATIONS_TEXT}")
    chosen = {_choice(*AUGMENTATIONS)(name) for name in names}
    return tuple(name for name in AUGMENTATIONS if name in chosen)


def _spell_augmentation(names: tuple[str, ...]) -> str:
    return "-".join(names) or NO_AUGMENTATION


def _name(raw: object) -> str:
    text = str(raw)
    if not text or any(c in text for c in "/~{} ") or len(text) > 100:
        raise UserError(f"{raw!r} is not a name")
    return text


def is_callable_name(name: str) -> bool:
    """Whether a data set or model is spelled ``module:callable``."""
    return ":" in name


def _model(raw: object) -> str:
    name = _name(raw)
    if name in MODELS or is_callable_name(name):
        return name
    allowed = f"allowed: {', '.join(MODELS)}, or module:callable for one of your own"
    raise UserError(f"{raw!r} is not allowed; {nearest(name, MODELS)} ({allowed})")


def _odd(low: int, high: int) -> Callable[[object], int]:
    def read(raw: object) -> int:
        value = as_number(raw)
        if not value.is_integer() or value % 2 == 0 or not low <= value <= high:
            close = min(range(low, high + 1, 2), key=lambda odd: abs(odd - value))
            raise UserError(
                f"{raw!r} must be an odd number from {low} to {high}; did you mean {close}?"
            )
        return int(value)

    return read


# What hidden_units of a linear model are called.
NO_LAYERS = "none"
THIRD = "a third of the run"

MODELS = ("mlp", "cnn", "resnet18")
# Their layers are not listed by hidden_units.
CONVOLUTIONAL = frozenset({"cnn", "resnet18"})
POOLINGS = ("max", "average", "stride")
NORMALISATIONS = ("none", "batch", "group", "layer")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "leaky_relu", "elu", "silu")
OPTIMIZERS = ("sgd", "sgd_momentum", "adam", "adamw", "rmsprop")
SCHEDULES = ("constant", "cosine", "step", "exponential", "reduce_on_plateau")
# In the order in which they are applied, however a study lists them.
AUGMENTATIONS = ("flip", "crop", "trivial_augment")
NO_AUGMENTATION = "none"
_AUGMENTATIONS_TEXT = f"{NO_AUGMENTATION}, {', '.join(AUGMENTATIONS)}, or a list of them"
INITIALISATIONS = (
    "default", "kaiming_normal", "kaiming_uniform", "xavier_normal", "xavier_uniform", "orthogonal",
)  # fmt: skip

_RESNET: Mapping[str, frozenset[Level]] = {"model": frozenset({"resnet18"})}
_CONVOLUTIONAL: Mapping[str, frozenset[Level]] = {"model": CONVOLUTIONAL}
_LINEAR: Mapping[str, frozenset[Level]] = {
    "model": frozenset({"mlp"}),
    "hidden_units": frozenset({()}),
}
_DECAYS: Mapping[str, frozenset[Level]] = {"schedule": frozenset({"step", "exponential"})}
_MOMENTUM: Mapping[str, frozenset[Level]] = {"optimizer": frozenset({"sgd_momentum"})}
_ADAM: Mapping[str, frozenset[Level]] = {"optimizer": frozenset({"adam", "adamw"})}
_CNN: Mapping[str, frozenset[Level]] = {"model": frozenset({"cnn"})}

_TABLE = (
    Hyperparameter("data", "", "data set", "a data set's name or module:callable", "digits", True, _name),
    Hyperparameter("model", "", "kind of network", f"{', '.join(MODELS)} or module:callable", "mlp", True, _model),
    Hyperparameter(
        "hidden_units", "units per layer", "width of every hidden layer, [] for a linear model", "a list of whole numbers",
        (256, 256), True, _widths, _spell_widths, inert_when=(_CONVOLUTIONAL,),
    ),
    Hyperparameter("activation", "", "activation of hidden layers", ", ".join(ACTIVATIONS), "relu", True, _choice(*ACTIVATIONS), inert_when=(_RESNET, _LINEAR)),
    Hyperparameter("dropout", "probability", "units dropped in training", "0 to below 1", 0.0, True, _real(0, 1), number_text, inert_when=(_RESNET, _LINEAR)),
    Hyperparameter("batch_size", "images", "images per optimizer step", "1 to 1000000", 64, True, _whole(1, 10**6)),
    Hyperparameter("optimizer", "", "update rule", ", ".join(OPTIMIZERS), "adam", True, _choice(*OPTIMIZERS)),
    Hyperparameter("learning_rate", "", "initial step size", "above 0, below 100", 1e-3, True, _real(0, 100, open_low=True), number_text),
    Hyperparameter("schedule", "", "learning-rate schedule", ", ".join(SCHEDULES), "constant", True, _choice(*SCHEDULES)),
    Hyperparameter("weight_decay", "", "L2 penalty (decoupled for adamw)", "0 to below 10", 0.0, True, _real(0, 10), number_text),
    Hyperparameter("momentum", "", "momentum of sgd_momentum", "0 to below 1", 0.9, False, _real(0, 1), number_text, _MOMENTUM),
    Hyperparameter("nesterov", "", "Nesterov's form of the momentum", "true, false", False, False, _flag, _spell_flag, _MOMENTUM, ({"momentum": frozenset({0.0})},)),
    Hyperparameter("beta1", "", "decay of adam's mean of gradients", "0 to below 1", 0.9, False, _real(0, 1), number_text, _ADAM),
    Hyperparameter("beta2", "", "decay of adam's mean of squared gradients", "0 to below 1", 0.999, False, _real(0, 1), number_text, _ADAM),
    Hyperparameter("warmup_steps", "steps", "steps in which the learning rate rises from 0", "0 to 1000000000", 0, False, _whole(0, 10**9)),
    Hyperparameter("decay_factor", "", "what the step and exponential schedules multiply the learning rate by", "above 0, below 1", 0.1, False, _real(0, 1, open_low=True), number_text, _DECAYS),
    Hyperparameter("decay_steps", "steps", "steps after which they have done so once", "a whole number", 0, False, _zero_or(THIRD, _whole(1, 10**9)), acts_with=_DECAYS, words={0: THIRD}),
    Hyperparameter("clip_norm", "", "largest norm of the gradient, longer ones are shortened", "above 0, below 1000000, or none", 0.0, False, _zero_or("none", _real(0, 10**6, open_low=True)), number_text, words={0.0: "none"}),
    Hyperparameter("label_smoothing", "", "share of the label given to all classes in training", "0 to below 1", 0.0, False, _real(0, 1), number_text),
    Hyperparameter("initialisation", "", "initial weights of linear and convolutional layers", ", ".join(INITIALISATIONS), "default", False, _choice(*INITIALISATIONS)),
    Hyperparameter("augmentation", "", "random changes of training images", _AUGMENTATIONS_TEXT, (), False, _augmentation, _spell_augmentation),
    Hyperparameter("blocks", "blocks", "convolutional blocks of cnn, each halves the image", "1 to 12", 2, False, _whole(1, 12), acts_with=_CNN),
    Hyperparameter("channels", "channels", "channels of cnn's first block, doubled in each further block", "1 to 4096", 32, False, _whole(1, 4096), acts_with=_CNN),
    Hyperparameter("kernel", "pixels", "side of cnn's convolutions", "odd, 1 to 15", 3, False, _odd(1, 15), acts_with=_CNN),
    Hyperparameter("pooling", "", "what halves the image after each block of cnn", ", ".join(POOLINGS), "max", False, _choice(*POOLINGS), acts_with=_CNN),
    Hyperparameter("normalisation", "", "normalisation after each convolution of cnn", ", ".join(NORMALISATIONS), "none", False, _choice(*NORMALISATIONS), acts_with=_CNN),
    Hyperparameter("initialisation_seed", "", "seed of the initial weights", _SEEDS_TEXT, RUNS_SEED, False, _seed),
    Hyperparameter("data_order_seed", "", "seed of the order of training images", _SEEDS_TEXT, RUNS_SEED, False, _seed),
    Hyperparameter("dropout_seed", "", "seed of dropout", _SEEDS_TEXT, RUNS_SEED, False, _seed, inert_when=(_RESNET, _LINEAR, {"dropout": frozenset({0.0}), "model": frozenset({"mlp", "cnn"})})),
    Hyperparameter("augmentation_seed", "", "seed of augmentation", _SEEDS_TEXT, RUNS_SEED, False, _seed, inert_when=({"augmentation": frozenset({()})},)),
    Hyperparameter("classes", "", "classes kept, all when not given", "a list of class numbers", (), False, _classes, _spell_classes),
    Hyperparameter("train_samples", "images", "training images kept, all when not given", "a whole number", 0, False, _zero_or("all", _whole(1, 10**9)), words={0: "all"}),
)  # fmt: skip

HYPERPARAMETERS: Mapping[str, Hyperparameter] = {h.name: h for h in _TABLE}

# Two handles on hidden_units, so that a study can vary one while the other stays.
HANDLES: Mapping[str, Hyperparameter] = {
    "width": Hyperparameter(
        "width", "units", "width of every hidden layer", "1 to 65536", 256, False, _whole(1, 65536),
        inert_when=(_CONVOLUTIONAL, _LINEAR),
    ),
    "depth": Hyperparameter(
        "depth", "layers", "number of hidden layers, 0 for a linear model", "0 to 1000", 2, False, _whole(0, 1000),
        inert_when=(_CONVOLUTIONAL,),
    ),
}  # fmt: skip


def read_any(raw: object) -> Level:
    """A level of a hyperparameter that nobody has described: one value for all its spellings."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, (list, tuple)):
        return tuple(read_any(item) for item in raw)
    try:
        value = as_number(raw)
    except UserError:
        return str(raw).strip().lower()
    return int(value) if value.is_integer() else value


def spell_any(level: Level) -> str:
    """The text of such a level."""
    if isinstance(level, tuple):
        return "-".join(map(spell_any, level))
    return number_text(level) if isinstance(level, float) else str(level)


def undescribed(name: str) -> Hyperparameter:
    """A hyperparameter that only a table from elsewhere has: any value is allowed."""
    return Hyperparameter(name, "", "a column of the table", "", None, False, read_any, spell_any)
