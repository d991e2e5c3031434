# `make night` and `make test` do all, on a fresh machine too. A step is done when its stamp is there; the stamp is written
# last, so that whatever was interrupted is simply done again. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# Every step says a line of its own, and `make test` ends with the biggest run.
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
UV := scripts/uv.sh .venv
STEP := scripts/step.sh
AIRFLOW := .venv-airflow
STAMPS := .cache/stamps
SHELF := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tawny
JARS := .cache/jars/delta-$(shell sed -n 's/^delta-spark==\([^ ]*\).*/\1/p' requirements/night.txt)
DATA := .cache/data/ml-100k
PIP := $(UV) pip install --python $(BIN)/python
PIP_AIRFLOW := $(UV) pip install --python $(AIRFLOW)/bin/python
PYTEST := $(BIN)/python -m pytest -q --ignore=tests/dags
LOCK := ../scripts/uv.sh ../.venv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: help install install-test night test lint test-fast test-spark test-dags test-long docs bench lock clean
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

night: install $(DATA)  ## set up what is missing, then make tonight's lists of MovieLens 100K
	@$(BIN)/tawny night $(NIGHT)

# Two processes share the files, each with one Spark session; one measure of coverage, and pytest's last line closes.
test: install-test lint test-dags  ## set up what is missing, check style and types, run every test, measure coverage
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=

lint: $(STAMPS)/test  ## ruff, mypy, and vulture for dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture

test-fast: $(STAMPS)/tawny $(STAMPS)/test  ## the tests that start neither a JVM nor horovodrun, in under a minute
	$(PYTEST) -m "not spark and not horovod"

test-spark: install $(STAMPS)/test  ## the tests that start Spark or horovodrun
	$(PYTEST) -m "spark or horovod"

test-dags: $(STAMPS)/airflow  ## the tests of the DAGs, in Airflow's own environment
	AIRFLOW_HOME=$(CURDIR)/.cache/airflow $(AIRFLOW)/bin/python -m pytest -q tests/dags

test-long: install $(STAMPS)/test  ## nights at once, backfills in any order, every job killed and overtaken: an hour
	$(PYTEST) --long --timeout=3600 tests/night

docs: $(STAMPS)/tawny  ## write docs/settings.md from the classes
	$(BIN)/python scripts/settings_reference.py docs/settings.md

bench: install $(DATA) $(STAMPS)/bench  ## measure, with the peers in the same run
	$(BIN)/python bench/night.py ml-100k

install: $(STAMPS)/tawny $(STAMPS)/horovod $(JARS)  ## the environment of the night

install-test: install $(DATA) $(STAMPS)/test $(STAMPS)/airflow  ## the environments of the tests

lock: $(STAMPS)/venv  ## resolve requirements/*.in anew
	cd requirements; for name in uv build night database test bench airflow; do $(LOCK) $$name.in -o $$name.txt; done
	cd requirements; for name in horovod data; do $(LOCK) --no-deps $$name.in -o $$name.txt; done

clean:  ## remove what set-up made; the tables under lake/ and the cache shared by checkouts stay
	rm -rf .venv $(AIRFLOW) .cache build lib/*.egg-info

$(STAMPS)/machine: scripts/check_machine.sh
	@scripts/check_machine.sh $(PYTHON)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/venv: requirements/uv.txt | $(STAMPS)/machine
	@$(STEP) venv "Python environment in .venv" \
	  "$(PYTHON) -m venv .venv; $(BIN)/python -m pip install --require-hashes -r requirements/uv.txt"
	@touch $@

$(STAMPS)/packages: requirements/night.txt $(STAMPS)/venv
	@$(STEP) packages "Python packages: Spark, TensorFlow and what goes with them" "$(PIP) --require-hashes -r requirements/night.txt"
	@touch $@

$(STAMPS)/horovod: requirements/horovod.txt requirements/build.txt scripts/horovod_wheel.sh $(STAMPS)/packages
	@$(STEP) horovod "Horovod (built from source the first time: 1 to 3 minutes)" \
	  'wheel=$$(scripts/horovod_wheel.sh .venv "$(SHELF)"); $(PIP) --no-deps "$$wheel"'
	@touch $@

$(STAMPS)/tawny: setup.py pyproject.toml $(STAMPS)/packages
	@$(STEP) tawny "Tawny itself" "$(PIP) --no-deps --no-build-isolation --editable ."
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/packages
	@$(STEP) test "Tools of the tests" "$(PIP) --require-hashes -r requirements/test.txt"
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/packages
	@$(STEP) bench "Peers of the bench" "$(PIP) --require-hashes -r requirements/bench.txt"
	@touch $@

$(STAMPS)/airflow: requirements/airflow.txt setup.py $(STAMPS)/venv
	@$(STEP) airflow "Airflow, in an environment of its own" "$(PYTHON) -m venv $(AIRFLOW); \
	  $(PIP_AIRFLOW) --require-hashes -r requirements/airflow.txt; $(PIP_AIRFLOW) --no-deps --no-build-isolation --editable ."
	@touch $@

# These two fill a folder in one rename, and are not made anew because a stamp is younger.
$(JARS): | $(STAMPS)/packages
	@$(STEP) jars "Delta's jars" "$(BIN)/python scripts/delta_jars.py $@"

$(DATA): | $(STAMPS)/venv
	@$(BIN)/python scripts/movielens_100k.py --terms
	@$(STEP) data "MovieLens 100K" "$(BIN)/python scripts/movielens_100k.py $@"
