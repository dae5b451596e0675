# Nuisance hyperparameters, chosen per arm on validation and on seeds of their own.


checkpoint choose:
    input:
        tuning_run_files,
    output:
        "<study>/tuning/{hypothesis}.json",
    log:
        "<study>/logs/choose.{hypothesis}.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        **SMOKE,
        study=STUDY_RUN.study_file,
    script:
        "../scripts/choose.py"
