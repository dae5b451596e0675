"""Learning rates against torch's own schedulers, and warm-up with each of them."""

from __future__ import annotations

import math

import pytest
import torch
from hyperverdict.training.optimizers import make_optimizer
from hyperverdict.training.schedules import make_schedule, warm_share
from hyperverdict.vocabulary.hyperparameters import SCHEDULES
from torch.optim import lr_scheduler

LOSSES = [1.0] * 4 + [0.5] * 5


def rates(configuration, steps, evaluate_every=0):
    """The learning rate with which each of the steps is taken."""
    optimizer = make_optimizer(configuration, [torch.nn.Parameter(torch.zeros(1))])
    schedule = make_schedule(configuration, optimizer, steps)
    losses, found = iter(LOSSES), []
    for step in range(1, steps + 1):
        found.append(optimizer.param_groups[0]["lr"])
        schedule.after_step(step)
        if evaluate_every and step % evaluate_every == 0:
            schedule.after_evaluation(next(losses, 0.5))
    return found


def torchs(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(("settings", "make"), [
    ({"schedule": "step", "decay_factor": 0.3, "decay_steps": 7},
     lambda o: lr_scheduler.StepLR(o, 7, gamma=0.3)),
    ({"schedule": "step"}, lambda o: lr_scheduler.MultiStepLR(o, [14, 27], gamma=0.1)),
    ({"schedule": "exponential", "decay_factor": 0.5, "decay_steps": 10},
     lambda o: lr_scheduler.ExponentialLR(o, gamma=0.5**0.1)),
    ({"schedule": "exponential"}, lambda o: lr_scheduler.ExponentialLR(o, gamma=0.1 ** (3 / 40))),
    ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=40)),
    ({"warmup_steps": 8}, lambda o: lr_scheduler.LinearLR(o, 1 / 8, 1, total_iters=7)),
    ({"warmup_steps": 8, "schedule": "cosine"}, lambda o: lr_scheduler.ChainedScheduler([
        lr_scheduler.LinearLR(o, 1 / 8, 1, total_iters=7), lr_scheduler.CosineAnnealingLR(o, 40)])),
])  # fmt: skip
def test_rates_are_torchs(tiny, settings, make):
    assert rates(tiny(learning_rate=0.01, **settings), 40) == pytest.approx(torchs(make, 40))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_warm_up_scales_every_schedule(tiny, schedule):
    plain = rates(tiny(schedule=schedule), 40, evaluate_every=3)
    warm = rates(tiny(schedule=schedule, warmup_steps=20), 40, evaluate_every=3)
    assert warm[20:] == plain[20:]
    expected = [(i + 1) / 20 * rate for i, rate in enumerate(plain[:20])]
    assert warm[:20] == pytest.approx(expected)
    assert plain[0] == 1e-3


def test_a_plateau_in_the_warm_up_is_kept_after_it(tiny):
    found = rates(tiny(schedule="reduce_on_plateau", warmup_steps=25), 40, evaluate_every=3)
    # The loss stands still at steps 3 to 12, and again from step 15.
    assert found[11] == pytest.approx(12 / 25 * 1e-3)
    assert found[12] == pytest.approx(13 / 25 * 5e-4)
    assert found[23] == pytest.approx(24 / 25 * 5e-4)
    assert found[24] == found[30] == pytest.approx(2.5e-4)


def test_a_warm_up_longer_than_the_run_never_reaches_the_learning_rate(tiny):
    assert rates(tiny(warmup_steps=100), 40)[-1] == pytest.approx(40 / 100 * 1e-3)


def test_the_shares_at_their_ends():
    assert [warm_share(step, 4) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    assert warm_share(0, 0) == 1


@pytest.mark.parametrize("steps", [1, 2, 7, 299, 300, 10**9])
def test_a_run_decays_at_each_third_whatever_its_length(tiny, steps):
    configuration = tiny(schedule="step", decay_factor=0.5)
    optimizer = make_optimizer(configuration, [torch.nn.Parameter(torch.zeros(1))])
    schedule = make_schedule(configuration, optimizer, steps)
    for third in (1, 2):
        at = math.ceil(third * steps / 3)
        for step, decays in ((at - 1, third - 1), (at, third)):
            if 0 < step < steps:
                schedule.after_step(step)
                rate = optimizer.param_groups[0]["lr"]
                assert rate in [1e-3 * 0.5**n for n in ((decays,) if steps > 2 else (0, 1, 2))]


def test_a_resumed_schedule_goes_on_as_if_it_had_not_stopped(tiny):
    for schedule in SCHEDULES:
        configuration = tiny(schedule=schedule, warmup_steps=20)
        expected = rates(configuration, 40, evaluate_every=3)
        optimizer = make_optimizer(configuration, [torch.nn.Parameter(torch.zeros(1))])
        running = make_schedule(configuration, optimizer, 40)
        losses, found = iter(LOSSES), []
        for step in range(1, 41):
            if step in (2, 14, 22):
                saved, state = running.state_dict(), optimizer.state_dict()
                optimizer = make_optimizer(configuration, [torch.nn.Parameter(torch.zeros(1))])
                running = make_schedule(configuration, optimizer, 40)
                optimizer.load_state_dict(state)
                running.load_state_dict(saved)
            found.append(optimizer.param_groups[0]["lr"])
            running.after_step(step)
            if step % 3 == 0:
                running.after_evaluation(next(losses, 0.5))
        assert found == expected


def test_a_checkpoint_of_before_warm_up_existed_is_read(tiny):
    configuration = tiny(schedule="reduce_on_plateau")
    optimizer = make_optimizer(configuration, [torch.nn.Parameter(torch.zeros(1))])
    schedule = make_schedule(configuration, optimizer, 40)
    state = schedule.state_dict()
    del state["reductions"]
    schedule.load_state_dict(state)
    assert schedule.state_dict() == {**state, "reductions": 0}
