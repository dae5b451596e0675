# The entry: `snakemake --profile profiles/local [--configfile config/studies/NAME.yaml]`.


include: "workflow/Snakefile"


rule study:
    default_target: True
    input:
        rules.all.input,
