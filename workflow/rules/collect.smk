# All runs of the study in tidy tables.


rule collect:
    input:
        untuned=untuned_run_files,
        tuned=tuned_run_files,
    output:
        final="<study>/tables/final.parquet",
        final_csv="<study>/tables/final.csv",
        # Beside it curves.csv, where it has no more rows than a spreadsheet.
        curves="<study>/tables/curves.parquet",
    log:
        "<study>/logs/collect.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=minutes_of_tables,
    params:
        **SMOKE,
        **claimed_columns(),
        study=STUDY_RUN.study_file,
        runs=known_runs,
        tuning=known_tuning_runs,
    script:
        "../scripts/collect.py"
