# Which training jobs get a GPU. Timings run on the device that trains.

from functools import cache

TRAIN = workflow.modifier.modify_rulename("train")
# Gives each job a GPU of its own. "dryrun" stands for any.
GIVES_GPUS = ("submitit-jobstep", "dryrun")


@cache
def gpus_here():
    """The GPUs that this call may give to its jobs, and how many jobs may share one.

    None where the executor leaves devices to the jobs, and on the node of a cluster, where the
    resources are stated already.
    """
    plugin = workflow.executor_plugin
    if workflow.remote_exec or plugin is None or plugin.name not in GIVES_GPUS:
        return 0, 1
    try:
        from snakemake_executor_plugin_submitit_jobstep.gpus import devices_present
    except ImportError:
        return 0, 1
    sharers = getattr(workflow.executor_settings, "jobs_per_gpu", 1)
    return len(devices_present()), sharers


def stated_gpus():
    """The GPUs of a training job as a profile or another workflow states them; else None."""
    gpu = workflow.get_rule(TRAIN).resources.get("gpu")
    if gpu is None:
        return 0
    return None if gpu.is_evaluable() else gpu.value


def gpus_of(arms):
    """The GPUs of a job that trains or times arms of one group."""
    stated = stated_gpus()
    if stated is not None:
        return stated
    return STUDY_RUN.devices.gpus(arms) if gpus_here()[0] else 0


def training_gpus(wildcards):
    """The GPUs of a training job, where nobody states them."""
    return gpus_of([configuration(wildcards)])


def arm_gpus(wildcards):
    """The GPUs of the timing of one arm."""
    return gpus_of([STUDY_RUN.arm(wildcards.arm)])


def contrast_gpus(wildcards):
    """The GPUs of the timing of a contrast."""
    return gpus_of(STUDY_RUN.timing(wildcards.contrast).configurations)


def wait_for_device(arms):
    """Makes a job depend on the timing of both devices, where that decides where it runs."""
    if stated_gpus() is None and gpus_here()[0]:
        group = STUDY_RUN.devices.to_time(arms)
        if group:
            checkpoints.choose_device.get(group=group)


def group_data(wildcards):
    """The prepared data of the networks that are timed for a group."""
    networks = STUDY_RUN.devices.networks(wildcards.group)
    return ancient(
        sorted({path for network in networks for path in prepared(network.prepared)})
    )


def group_arms(wildcards):
    """The networks that are timed for a group, as paths."""
    return [network.arm_path for network in STUDY_RUN.devices.networks(wildcards.group)]


def group_jobs(wildcards):
    """Training jobs of a group, by their number of arms."""
    return len(STUDY_RUN.devices.group(wildcards.group).arms)


def gpu_slots(_wildcards):
    """Jobs that may train on GPUs at a time."""
    gpus, sharers = gpus_here()
    return gpus * sharers


def device_of_all():
    """The device on which all jobs train; None where each group of arms has its own."""
    stated = stated_gpus()
    if stated is None:
        return None if gpus_here()[0] else "cpu"
    return "cuda" if stated else "cpu"


def words_on_devices():
    """What the plan says of devices, where there are GPUs to decide about."""
    stated, gpus = stated_gpus(), gpus_here()[0]
    if stated is None:
        return list(STUDY_RUN.devices.lines()) if gpus else []
    return [f"  GPUs of a training job: {stated}, as stated"] if stated or gpus else []
