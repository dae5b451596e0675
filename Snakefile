# The entry: `snakemake --profile profiles/local [--configfile config/studies/NAME.yaml]`.


include: "workflow/Snakefile"


rule study:
    # A workflow that uses this one as a module has a target of its own.
    default_target: not IS_MODULE
    input:
        rules.all.input,
    localrule: True
