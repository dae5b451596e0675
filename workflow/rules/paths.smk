# The folders that rules write to, spelled once, with their wildcards constrained.


# Every hyperparameter is a wildcard; those added later are in `extras`, absent at their default.
pathvars:
    configuration=(
        "data~{data,[^/~]+}/model~{model,[^/~]+}/hidden_units~{hidden_units,none|[0-9x-]+}/"
        "activation~{activation,[a-z_]+}/dropout~{dropout,[0-9.e+-]+}/"
        "batch_size~{batch_size,[0-9.e+-]+}/optimizer~{optimizer,[a-z_]+}/"
        "learning_rate~{learning_rate,[0-9.e+-]+}/schedule~{schedule,[a-z_]+}/"
        "weight_decay~{weight_decay,[0-9.e+-]+}{extras,(/[a-z0-9_]+~[^/~]+)*}/"
        "{budget,(steps|seconds)~[0-9]+}"
    ),
    run="results/{kind,runs|tuning}/<configuration>",
    arm_timing="results/timing/configurations/{arm,data~.+}",
    contrast_timing="results/timing/contrasts/{contrast,[a-z0-9_+]+[.][0-9a-f]+}",
    study=f"results/studies/{STUDY}",
