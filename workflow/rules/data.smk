# Data sets, prepared once: fixed split, checksums verified.


rule prepare_data:
    output:
        images="resources/prepared/{data}/images.npy",
        labels="resources/prepared/{data}/labels.npy",
        facts="resources/prepared/{data}/facts.json",
    log:
        "logs/prepare_data/{data}.log",
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../scripts/prepare_data.py"
