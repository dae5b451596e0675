# Seconds per step, measured alone on the machine: the only source of time claims.


rule time_configuration:
    input:
        data=arm_data,
    output:
        "<arm_timing>/timing.json",
    log:
        "<arm_timing>/timing.log",
    conda:
        "../../envs/train.yaml"
    # All cores there are, so that nothing runs beside it.
    threads: 1024
    resources:
        gpu=arm_gpus,
        mem_mb=2000,
        # On a cluster a whole node, whatever its cores, and nothing beside it in its array task.
        slurm_extra="--exclusive",
        submitit_preload=STUDY_RUN.preload,
        submitit_at_once=1,
        runtime=30,
    script:
        "../scripts/time_configuration.py"


rule time_contrast:
    input:
        data=contrast_data,
    output:
        "<contrast_timing>/timing.json",
    log:
        "<contrast_timing>/timing.log",
    conda:
        "../../envs/train.yaml"
    threads: 1024
    resources:
        gpu=contrast_gpus,
        mem_mb=2000,
        slurm_extra="--exclusive",
        submitit_preload=STUDY_RUN.preload,
        submitit_at_once=1,
        runtime=60,
    params:
        **SMOKE,
        arms=contrast_arms,
        repeats=contrast_repeats,
    script:
        "../scripts/time_contrast.py"


checkpoint choose_device:
    input:
        data=group_data,
    output:
        "<root>/timing/devices/{group,[0-9a-f]+}/timing.json",
    log:
        "<root>/timing/devices/{group}/timing.log",
    conda:
        "../../envs/train.yaml"
    threads: 1024
    resources:
        gpu=1,
        mem_mb=2000,
        submitit_preload=STUDY_RUN.preload,
        runtime=10,
    params:
        arms=group_arms,
        jobs=group_jobs,
        gpu_slots=gpu_slots,
    script:
        "../scripts/choose_device.py"
