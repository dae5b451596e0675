# One job per configuration: all the seeds that are wanted and missing.


rule train:
    input:
        data=training_data,
        timing=training_timing,
    output:
        metrics=update("<run>/metrics.parquet"),
        record=update("<run>/record.json"),
    log:
        "<run>/train.log",
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        gpu=training_gpus,
        # More after an attempt that ran out of memory or, without a checkpoint, out of time.
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        checkpoint_seconds=60,
        submitit_seconds=expected_seconds,
        submitit_preload=STUDY_RUN.preload,
    params:
        **SMOKE,
        seeds=seeds_after_training,
        tensorboard=STUDY_RUN.options.tensorboard,
    script:
        "../scripts/train.py"
