# The folders that rules write to, spelled once, with their wildcards constrained.


# Every hyperparameter is a wildcard; those added later are in `extras`, absent at their default.
pathvars:
    # data~{data}/model~{model}/.../steps~300, or train~{train}/... for a training of the user's own.
    configuration=STUDY_RUN.configuration_pattern,
    root=RESULTS,
    run="<root>/{kind,runs|tuning}/<configuration>",
    arm_timing="<root>/timing/configurations/{arm,data~.+}",
    contrast_timing="<root>/timing/contrasts/{contrast,[A-Za-z0-9_+]+[.][0-9a-f]+}",
    study=f"<root>/studies/{STUDY}",
