# Figures: effect, learning curves and cost per hypothesis, a heatmap per exploration.


rule plot:
    input:
        study=STUDY_RUN.study_file,
        choices=choices,
        verdicts="<study>/verdicts.json",
        caption="<study>/tables/verdicts.rst",
        final="<study>/tables/final.parquet",
        curves="<study>/tables/curves.parquet",
    output:
        effects=report(
            hypothesis_figures("effect"),
            category="Verdicts",
            labels=figure_labels,
            caption="../report/effect.rst",
        ),
        curves=report(
            hypothesis_figures("curves"),
            category="Learning curves",
            labels=figure_labels,
            caption="../report/curves.rst",
        ),
        costs=report(
            hypothesis_figures("cost"),
            category="Accuracy against cost",
            labels=figure_labels,
            caption="../report/cost.rst",
        ),
        heatmaps=report(
            exploration_figures(),
            category="Explorations",
            labels=figure_labels,
            caption="../report/heatmap.rst",
        ),
    log:
        "<study>/logs/plot.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        results=verdicts_to_tell,
    script:
        "../scripts/plot.py"
