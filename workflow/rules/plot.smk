# Figures: those of every hypothesis, and the heatmaps.


rule plot:
    input:
        study=STUDY_FILE,
        choices=choices,
        verdicts="<study>/verdicts.json",
        caption="<study>/tables/verdicts.rst",
        final="<study>/tables/final.parquet",
        curves="<study>/tables/curves.parquet",
    output:
        study_figures(),
    log:
        "<study>/logs/plot.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=minutes_of_tables,
    params:
        **SMOKE,
        results=known_verdicts,
    script:
        "../scripts/plot.py"
