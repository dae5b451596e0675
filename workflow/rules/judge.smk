# Verdicts: the evidence on every claim, and the checks that fired.


rule judge:
    input:
        study=STUDY_FILE,
        choices=choices,
        final="<study>/tables/final.parquet",
        curves="<study>/tables/curves.parquet",
        untuned_timings=untuned_timings,
        tuned_timings=tuned_timings,
    output:
        verdicts="<study>/verdicts.json",
        table=report(
            "<study>/tables/verdicts.csv",
            category="Verdicts",
            labels={"hypothesis": "all", "figure": "table of verdicts"},
            caption="../report/verdicts.rst",
        ),
        parquet="<study>/tables/verdicts.parquet",
        caption="<study>/tables/verdicts.rst",
    log:
        "<study>/logs/judge.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=minutes_of_tables,
    params:
        **SMOKE,
        results=written_verdicts,
    script:
        "../scripts/judge.py"
