"""Counts and time left, from jobs that start, finish and fail."""

import pytest
from hyperverdict.live.job import JobText
from hyperverdict.live.progress import Progress, job_key


def training(name, seeds=10, seconds=10.0, finished=None):
    return JobText(
        f"training {name}", "train", name, tuple(range(seeds)), seconds, finished=finished
    )


def planned(*jobs):
    progress = Progress()
    progress.plan((job_key(job.kind, {"name": job.doing}), job) for job in jobs)
    return progress


def start(progress, number, job, now):
    progress.started(number, job_key(job.kind, {"name": job.doing}), job, now)


def test_counts_of_configurations_and_seeds():
    jobs = [training("a"), training("b", 5), JobText("judging the claims", "judge")]
    progress = planned(*jobs)
    assert (progress.trainings, progress.seeds) == (2, 15)
    start(progress, 1, jobs[0], 0.0)
    start(progress, 2, jobs[1], 0.0)
    assert progress.trainings_running == 2
    assert progress.finished(1, 4.0) == (jobs[0], 4.0)
    assert (progress.trainings_done, progress.seeds_done, progress.last) == (1, 10, jobs[0])


def test_seeds_of_a_running_job_count_as_they_finish():
    job = training("a", finished=lambda: 3)
    progress = planned(job)
    start(progress, 1, job, 0.0)
    progress.count_seeds()
    assert progress.seeds_done == 3
    progress.has_failed(1)
    assert progress.seeds_done == 3


def test_a_job_that_is_tried_again_has_not_failed():
    job = training("a")
    progress = planned(job)
    start(progress, 1, job, 0.0)
    progress.has_failed(1)
    assert len(progress.failed) == 1
    start(progress, 1, job, 5.0)
    assert not progress.failed
    assert progress.trainings == 1


def test_nothing_is_said_of_the_time_before_a_speed_is_measured():
    job = training("a")
    progress = planned(job, training("b"))
    start(progress, 1, job, 0.0)
    assert progress.seconds_left(5.0) is None


@pytest.mark.parametrize("slower", [0.5, 1.0, 3.0])
def test_time_left_follows_the_measured_speed_and_not_the_estimate(slower):
    jobs = [training("a", seconds=10.0), training("b", seconds=20.0), training("c", seconds=30.0)]
    progress = planned(*jobs)
    start(progress, 1, jobs[0], 0.0)
    progress.finished(1, 10.0 * slower)
    assert progress.seconds_left(10.0 * slower) == pytest.approx(50.0 * slower)
    start(progress, 2, jobs[1], 100.0)
    assert progress.seconds_left(100.0 + 5.0 * slower) == pytest.approx(45.0 * slower)


def test_jobs_side_by_side_share_the_rest_but_the_longest_ends_last():
    jobs = [training(name) for name in "abcd"]
    progress = planned(*jobs, training("long", seconds=100.0))
    for number in (0, 1):
        start(progress, number, jobs[number], 0.0)
    for number in (0, 1):
        progress.finished(number, 10.0)
    assert progress.seconds_left(10.0) == pytest.approx(100.0)
    progress.plan([(job_key("train", {"n": str(n)}), training(str(n))) for n in range(20)])
    assert progress.seconds_left(10.0) == pytest.approx((20 + 100 + 200) / 2)


def test_without_expectations_seeds_are_the_measure():
    jobs = [training("a", 2, None), training("b", 4, None)]
    progress = planned(*jobs)
    start(progress, 1, jobs[0], 0.0)
    progress.finished(1, 6.0)
    assert progress.seconds_left(6.0) == pytest.approx(12.0)


def test_where_one_expectation_is_missing_seeds_are_the_measure_for_all():
    jobs = [training("a", 2, 1000.0), training("b", 4, None)]
    progress = planned(jobs[0])
    start(progress, 1, jobs[0], 0.0)
    progress.finished(1, 6.0)
    progress.plan([(job_key("train", {"name": "b"}), jobs[1])])
    # What was measured against the expectation of 1000 s says nothing of seeds.
    assert progress.seconds_left(6.0) is None


def test_steps_that_train_nothing_count_as_stated_until_one_is_measured():
    train, judge = training("a"), JobText("judging the claims", "judge", seconds=3.0)
    progress = planned(train, judge)
    start(progress, 1, train, 0.0)
    progress.finished(1, 5.0)
    assert progress.seconds_left(5.0) == pytest.approx(3.0)
    start(progress, 2, judge, 5.0)
    assert progress.seconds_left(6.0) == pytest.approx(2.0)


def test_finished_seeds_of_the_first_job_are_a_measurement():
    job = training("a", 10, None, finished=lambda: 5)
    progress = planned(job)
    start(progress, 1, job, 0.0)
    progress.count_seeds()
    # So early, most of it is the start of Python.
    assert progress.seconds_left(5.0) is None
    assert progress.seconds_left(30.0) == pytest.approx(30.0)


def test_on_a_cluster_the_rate_counts():
    jobs = [training(str(n)) for n in range(4)]
    progress = planned(*jobs)
    progress.remote = True
    for number, job in enumerate(jobs):
        start(progress, number, job, 0.0)
    assert progress.seconds_left(50.0) is None
    progress.finished(0, 60.0)
    assert progress.seconds_left(60.0) == pytest.approx(180.0)


def test_a_failed_job_is_not_waited_for():
    jobs = [training("a"), training("b")]
    progress = planned(*jobs)
    for number, job in enumerate(jobs):
        start(progress, number, job, 0.0)
    progress.finished(0, 10.0)
    progress.has_failed(1)
    assert progress.seconds_left(10.0) == 0
