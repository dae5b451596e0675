# The report: one self-contained file per study, and the same on paper.


rule report:
    input:
        study=STUDY_FILE,
        choices=choices,
        verdicts="<study>/verdicts.json",
        final="<study>/tables/final.parquet",
        figures=rules.plot.output,
    output:
        html=report(
            "<study>/report.html",
            category="Report",
            labels={"hypothesis": "all", "figure": "whole report"},
            caption="../report/report.rst",
        ),
        overview=report(
            "<study>/figures/overview.svg",
            category="Report",
            labels={"hypothesis": "all", "figure": "overview"},
            caption="../report/report.rst",
        ),
        markdown="<study>/report.md",
        latex="<study>/tables/verdicts.tex",
        methods="<study>/methods.txt",
    log:
        "<study>/logs/report.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=minutes_of_tables,
    params:
        **SMOKE,
        runs=known_runs,
        tuning=known_tuning_runs,
    script:
        "../scripts/report.py"


# On this machine, where the printer was found (`printed_files`), and not on a node that may lack it.
rule paper:
    input:
        study=STUDY_FILE,
        verdicts="<study>/verdicts.json",
        html="<study>/report.html",
    output:
        whole="<study>/report.pdf",
        summary="<study>/summary.pdf",
    log:
        "<study>/logs/paper.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **SMOKE,
    script:
        "../scripts/paper.py"


rule partial_report:
    input:
        study=STUDY_FILE,
    log:
        "<study>/logs/partial_report.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_tables,
        runtime=minutes_of_tables,
    params:
        **SMOKE,
        runs=known_runs,
        tuning=known_tuning_runs,
        timings=known_timings,
        pdf=is_printed,
        destination=export_destination,
        folder=placed(f"{RESULTS}/studies/{STUDY}/provisional"),
    script:
        "../scripts/partial_report.py"
