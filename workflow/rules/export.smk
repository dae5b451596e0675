# Runs and verdicts in MLflow, where `--config mlflow=URI` asks for it.


# On this machine, which reaches the server. A failed export leaves word of it and costs nothing else.
rule export:
    input:
        study=STUDY_FILE,
        choices=choices,
        verdicts="<study>/verdicts.json",
        html="<study>/report.html",
        printed=printed_files,
        again=export_again,
    output:
        "<study>/mlflow.json",
    log:
        "<study>/logs/export.log",
    localrule: True
    conda:
        "../../envs/export.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=60,
    params:
        **SMOKE,
        destination=export_destination,
    script:
        "../scripts/export.py"
