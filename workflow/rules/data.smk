# What training starts from: data sets, prepared once, and trainings of the user's own, declared.


rule prepare_data:
    output:
        images="resources/prepared/{data}/images.npy",
        labels="resources/prepared/{data}/labels.npy",
        facts="resources/prepared/{data}/facts.json",
    log:
        "logs/prepare_data/{data}.log",
    localrule: True
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../scripts/prepare_data.py"


rule declare_training:
    output:
        update("<root>/runs/train~{train,[A-Za-z0-9_-]+}/training.json"),
    log:
        "logs/declare_training/{train}.log",
    localrule: True
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        defaults=declared_defaults,
        study=stated_training,
    script:
        "../scripts/declare_training.py"
