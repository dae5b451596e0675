# `make demo`, `make test`, `make reflection`; everything else is listed by `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
SNAKEMAKE := $(BIN)/snakemake --profile profiles/local
SHELL := /bin/bash

PLUGINS := workflow/executor/jobstep workflow/executor/submitit
EXAMPLES := argparse lightning boosting function own_model own_data

.PHONY: help demo watch examples reflection reflection-small reflection-full test test-browser test-simulation cluster cluster-down \
        test-fuzz test-faults test-cluster test-snakemake lint format docs install clean

help:
	@echo "make demo              the default study on scikit-learn's digits (2 minutes, no download)"
	@echo "make watch             TensorBoard of the default study; of another: STUDY=FILE"
	@echo "make examples          trainings of one's own: a script, Lightning, boosting (2 minutes)"
	@echo "make reflection        three claims on Fashion-MNIST (15 minutes on 2 cores)"
	@echo "make reflection-small  every type of claim on digits (5 minutes)"
	@echo "make reflection-full   eleven claims on Fashion-MNIST (about 27 core-minutes)"
	@echo "make test              every test that needs neither root nor a cluster"
	@echo "make test-browser      tests of the report in Chromium (Debian's package chromium)"
	@echo "make test-simulation   tests of the error rates, and of 2,000 tables from elsewhere (7 minutes)"
	@echo "make test-fuzz         20,000 changed studies, tables, paths and texts (20 minutes; SEED=1)"
	@echo "make test-faults       200 signals, damaged files, full disks and the like (40 minutes, root for disks; SEED=1)"
	@echo "make test-cluster      the tests on a real SLURM (root, Debian's packages)"
	@echo "make test-snakemake    Snakemake's own tests with the executor for one machine (10 minutes, network)"
	@echo "make lint              format, lint and type checks"
	@echo "make docs              write the generated pages, tables and schemas again"

demo: $(STAMP)
	@$(SNAKEMAKE)
	@$(BIN)/hyperverdict show config/config.yaml

STUDY ?= config/config.yaml

watch: $(STAMP)
	@$(BIN)/hyperverdict watch $(STUDY)

examples: $(VENV)/examples
	@for example in $(EXAMPLES); do \
	    PATH="$(CURDIR)/$(BIN):$$PATH" $(SNAKEMAKE) \
	        --configfile config/examples/$$example/study.yaml || exit 1; \
	done
	@for example in $(EXAMPLES); do \
	    $(BIN)/hyperverdict show config/examples/$$example/study.yaml || exit 1; \
	done

$(VENV)/examples: config/examples/lightning/requirements.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

reflection: $(STAMP)
	@$(SNAKEMAKE) --configfile config/studies/reflection.yaml
	@$(BIN)/hyperverdict show config/studies/reflection.yaml

reflection-small: $(STAMP)
	@$(SNAKEMAKE) --configfile config/studies/reflection_small.yaml
	@$(BIN)/hyperverdict show config/studies/reflection_small.yaml

reflection-full: $(STAMP)
	@$(SNAKEMAKE) --configfile config/studies/reflection_full.yaml
	@$(BIN)/hyperverdict show config/studies/reflection_full.yaml

# The longest files first: at the end no core waits for one of them.
LONGEST := tests/workflow tests/faults
SUITES := $(LONGEST) $(filter-out $(LONGEST) tests/cluster tests/browser tests/__pycache__,$(patsubst %/,%,$(wildcard tests/*/)))

test: $(STAMP)
	@$(BIN)/python -m pytest -rs --durations=40 -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" \
	    $(SUITES) $(PLUGINS:%=%/tests)

test-browser: $(STAMP)
	@$(BIN)/python -m pytest -rs tests/browser

test-simulation: $(STAMP)
	@$(BIN)/python -m pytest -n 2 -m slow tests/unit
	@$(BIN)/python -m pytest -n 2 tests/simulation

SEED ?= 1

test-fuzz: $(STAMP)
	@FUZZ_EXAMPLES=20000 $(BIN)/python -m pytest -n 2 --dist load --hypothesis-seed=$(SEED) tests/fuzz

test-faults: $(STAMP)
	@FAULTS=200 FAULT_SEED=$(SEED) $(BIN)/python -m pytest -n 2 --dist load tests/faults/test_campaign.py

cluster: $(STAMP)
	@bash tests/cluster/slurm_box.sh up

cluster-down:
	@bash tests/cluster/slurm_box.sh down

test-cluster: $(STAMP)
	@bash tests/cluster/run_tests.sh $(BIN)/python

test-snakemake: $(STAMP)
	@bash tests/snakemake/run_tests.sh $(BIN)/python submitit-jobstep

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow config
	@$(BIN)/mypy
	@$(BIN)/snakemake --lint --configfile config/config.yaml

format: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow config

docs: $(STAMP)
	@$(BIN)/python docs/generate.py

install: $(STAMP)

$(STAMP): requirements.txt pyproject.toml $(PLUGINS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	    echo "Python 3.11, 3.12 or 3.13 is needed; $$($(PYTHON) --version) was found. Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "Python's venv module is missing. Install it: sudo apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned requirements into $(VENV) (about 6 GB with torch; a few minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . $(PLUGINS:%=-e %)
	@touch $@

clean:
	rm -rf $(VENV)
