# `make night` and `make test` do all, on a fresh machine too. A step is done when its stamp is there; the stamp is written
# last, so that whatever was interrupted is simply done again. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
UV := scripts/uv.sh .venv
AIRFLOW := .venv-airflow
STAMPS := .cache/stamps
SHELF := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tawny
JARS := .cache/jars/delta-$(shell sed -n 's/^delta-spark==\([^ ]*\).*/\1/p' requirements/night.txt)
DATA := .cache/data/ml-100k
LOCK := ../scripts/uv.sh ../.venv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: help install install-test night test lint bench lock clean
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

night: install $(DATA)  ## set up what is missing, then make tonight's lists of MovieLens 100K
	$(BIN)/tawny night $(NIGHT)

test: install-test lint  ## set up what is missing, check the style and the types, run every test
	AIRFLOW_HOME=$(CURDIR)/.cache/airflow $(AIRFLOW)/bin/python -m pytest -q tests/dags
	$(BIN)/python -m pytest -q --ignore=tests/dags

lint: $(STAMPS)/test  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install $(DATA) $(STAMPS)/bench  ## measure, with the peers in the same run
	$(BIN)/python bench/night.py ml-100k

install: $(STAMPS)/tawny $(JARS)  ## the environment of the night

install-test: install $(DATA) $(STAMPS)/test $(STAMPS)/airflow  ## the environments of the tests

lock: $(STAMPS)/venv  ## resolve requirements/*.in anew
	cd requirements; for name in uv build night test bench airflow; do $(LOCK) $$name.in -o $$name.txt; done
	cd requirements; for name in horovod data; do $(LOCK) --no-deps $$name.in -o $$name.txt; done

clean:  ## remove what set-up made; the tables under lake/ and the cache shared by checkouts stay
	rm -rf .venv $(AIRFLOW) .cache build lib/*.egg-info

$(STAMPS)/machine: scripts/check_machine.sh
	@scripts/check_machine.sh $(PYTHON)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/venv: requirements/uv.txt | $(STAMPS)/machine
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

$(STAMPS)/packages: requirements/night.txt $(STAMPS)/venv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/night.txt
	@touch $@

$(STAMPS)/horovod: requirements/horovod.txt requirements/build.txt scripts/horovod_wheel.sh $(STAMPS)/packages
	wheel=$$(scripts/horovod_wheel.sh .venv $(SHELF)); $(UV) pip install --quiet --python $(BIN)/python --no-deps "$$wheel"
	@touch $@

$(STAMPS)/tawny: setup.py pyproject.toml $(STAMPS)/packages $(STAMPS)/horovod
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/packages
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/test.txt
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/packages
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/bench.txt
	@touch $@

$(STAMPS)/airflow: requirements/airflow.txt setup.py $(STAMPS)/venv
	$(PYTHON) -m venv $(AIRFLOW)
	$(UV) pip install --quiet --python $(AIRFLOW)/bin/python --require-hashes -r requirements/airflow.txt
	$(UV) pip install --quiet --python $(AIRFLOW)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

# These two fill a folder in one rename, and are not made anew because a stamp is younger.
$(JARS): | $(STAMPS)/packages
	$(BIN)/python scripts/delta_jars.py $@

$(DATA): | $(STAMPS)/venv
	$(BIN)/python scripts/movielens_100k.py $@
