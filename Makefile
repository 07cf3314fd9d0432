# `make help` lists the targets. Everything runs from .venv, which is made on first use from the lock files.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
ENGINE ?= docker
IMAGE ?= tarucca-processor
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/made ## start the daemon on ./data
	@exec $(BIN)/python -m watcher $(ARGS)

.PHONY: once
once: .venv/made ## process what is in data/incoming now, then stop
	@exec $(BIN)/python -m watcher --once $(ARGS)

.PHONY: sample
sample: .venv/made ## write a sample day to data/incoming
	@exec $(BIN)/python -m processing.generator $(ARGS)

DEMO := run/demo
GENERATE := $(BIN)/python -m processing.generator --out $(DEMO)/incoming
.PHONY: demo
demo: .venv/made ## process a simulated week of two devices with faults, and name the pages to open
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@$(GENERATE)/roof --days 5 --seed 21 --start 2025-04-14T06:00:00 >/dev/null
	@$(GENERATE)/roof --seed 30 --start 2025-04-19T06:00:00 --fault gross_range --fault sentinel --fault syntax --fault spike --fault stuck --fault power_mismatch --fault gap >/dev/null
	@$(GENERATE)/roof --seed 31 --start 2025-04-20T06:00:00 >/dev/null
	@$(GENERATE)/barn --days 4 --seed 41 --start 2025-04-14T06:00:00 >/dev/null
	@$(GENERATE)/barn --seed 50 --start 2025-04-18T06:00:00 --fault daytime_outage --fault duplicate --fault disorder >/dev/null
	@$(GENERATE)/barn --seed 51 --start 2025-04-19T06:00:00 --fault missing_column >/dev/null
	@$(GENERATE)/barn --seed 52 --start 2025-04-20T06:00:00 --fault stuck_current --fault night_generation >/dev/null
	@$(BIN)/python -m watcher --once --data-dir $(DEMO) $(ARGS) || [ $$? -eq 1 ] # one file is meant for quarantine
	@echo "The index: $(DEMO)/processed/index.html"
	@echo "A day with faults: $(DEMO)/processed/roof/solar_data_20250419_060000.html"

.PHONY: test
test: .venv/made ## run the tests
	@exec $(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

.PHONY: coverage
coverage: .venv/made-dev ## run the tests and report which lines and branches they reach; below 95 % is an error
	@rm -rf run/coverage && mkdir -p run/coverage
	@$(BIN)/python -m coverage run -m pytest --numprocesses auto --dist worksteal --timeout=120 -m "not long and not unmeasured" $(ARGS)
	@$(BIN)/python -m pytest -m unmeasured $$(grep -rl --include='*.py' mark.unmeasured tests)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

.PHONY: check
check: .venv/made-dev ## all that CI runs and that must be green: lint, tests and their coverage, pages, short faults
	@exec .ci/check

.PHONY: test-long
test-long: .venv/made ## the quick suite's longer form: every change of every logger's sample, 200 new examples of each property
	@exec env PROPERTY_EXAMPLES=200 $(BIN)/python -m pytest tests/unit tests/end_to_end -m "long or not long" \
		--numprocesses auto --dist worksteal --timeout=300 $(ARGS)

.PHONY: test-intake
test-intake: .venv/made-dev ## run the long stories of files arriving: mounts, overflow, slow writers, clocks
	@exec $(BIN)/python -m pytest tests/intake -m "long or not long" --timeout=180 $(ARGS)

.PHONY: test-faults-short
test-faults-short: .venv/made-dev ## crash, kill and fail it at every step: samples, in a few minutes
	@exec env FAULTS=short $(BIN)/python -m pytest tests/faults --numprocesses auto --dist worksteal --timeout=120 $(ARGS)

.PHONY: test-faults
test-faults: .venv/made-dev ## the same and power cuts, all of it: an hour, as root
	@exec env FAULTS=long $(BIN)/python -m pytest tests/faults -m "long or not long" --timeout=1800 $(ARGS)

.PHONY: test-pages
test-pages: .venv/made-dev ## test the pages in a real browser (Debian: apt-get install chromium)
	@exec $(BIN)/python -m pytest tests/pages -m "long or not long" --timeout=120 $(ARGS)

.PHONY: test-oracles
test-oracles: .venv-oracles/made ## compare the checks with their peers, the figures with pandas, and both with real data
	@exec .venv-oracles/bin/python -m pytest tests/oracles $(ARGS)

.PHONY: test-detection
test-detection: .venv/made ## find planted faults in 200 days each, and nothing in 200 clean ones; shows the counts
	@exec env DETECTION_DAYS=200 $(BIN)/python -m pytest tests/end_to_end/test_detection.py -n auto -rP --timeout=900 $(ARGS)

MINUTES ?= 30
.PHONY: soak
soak: .venv/made-dev ## live through rounds of faults for MINUTES=30, as root: nothing lost, nothing grows
	@exec $(BIN)/python -m tests.soak --minutes $(MINUTES) $(ARGS)

.PHONY: test-cluster
test-cluster: .venv-cluster-test/made ## process on a real Dask cluster whose processes are killed, and on an S3 server
	@exec .venv-cluster-test/bin/python -m pytest tests/cluster --timeout=300 $(ARGS)

FUZZ_SECONDS ?= 600
.PHONY: fuzz
fuzz: .venv-fuzz/made ## look for bytes that break the reader, guided by coverage, for FUZZ_SECONDS=600
	@exec .venv-fuzz/bin/python -m tests.fuzz $(or $(ARGS),-max_total_time=$(FUZZ_SECONDS))

.PHONY: test-container
test-container: .venv/made image ## build the image and test it in a container engine, and `make test` in a bare python:3.11-slim
	@exec env TEST_IMAGE=$(IMAGE) TEST_ENGINE=$(ENGINE) $(BIN)/python -m pytest tests/container $(ARGS)

.PHONY: bench
bench: .venv/made ## measure speed and memory
	@exec $(BIN)/python -m benchmarks $(ARGS)

.PHONY: lint
lint: .venv/made-dev ## check code, types, shell scripts, Dockerfile, compose file and workflows
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/lint

.PHONY: image
image: ## build the container image
	$(ENGINE) build $(BUILD_ARGS) -t $(IMAGE) .

.PHONY: wheel
wheel: .venv/made-dev ## build the wheel of this version in dist/
	@rm -rf dist && $(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: pictures
pictures: .venv/made-dev ## run the demo and make the pictures of docs/pictures from it (needs chromium)
	@exec $(BIN)/python -m tests.pages.pictures

.PHONY: lock
lock: .venv/made-dev ## renew the lock files from pyproject.toml (UPGRADE=1: to the newest versions)
	$(LOCK) pyproject.toml --extra test -o requirements.txt
	$(LOCK) pyproject.toml --extra metrics --constraint requirements.txt -o requirements/image.txt
	$(LOCK) --group dev --constraint requirements.txt -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra metrics --extra dask --extra s3 --constraint requirements.txt -o requirements/cluster.txt
	$(LOCK) pyproject.toml --extra dask --extra s3 --group cluster --constraint requirements.txt --constraint requirements/cluster.txt -o requirements/cluster-test.txt
	$(LOCK) --group oracles -o requirements/oracles.txt
	$(LOCK) --group fuzz -o requirements/fuzz.txt

# An environment that is a link belongs to another tree, such as the first one of a git worktree.
REFUSE_LINK = @[ ! -L $(@D) ] || { \
	echo "make: $(@D) is a link to $$(readlink $(@D)), whose packages another tree uses: run make there, or remove the link" >&2; exit 1; }

# Made anew when what it is made of changes; `made` is written last, so a half-made one is never used.
.venv/made: requirements.txt
	$(REFUSE_LINK)
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; on Debian: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: Python 3.11 or newer is needed, $$($(PYTHON) -V) is $(PYTHON); name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) -m venv is missing; on Debian, Ubuntu and Raspberry Pi OS: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "make: installing the packages of requirements.txt in .venv" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --no-compile --require-hashes --only-binary :all: -r requirements.txt
	@$(BIN)/python -m compileall -q -j 0 -x '/tests/' .venv/lib || true # on all processors, and not numpy's tests
	@touch $@

.venv/made-dev: requirements/dev.txt .venv/made
	$(REFUSE_LINK)
	@echo "make: installing the packages of requirements/dev.txt in .venv" >&2
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

# Environments of their own, for what cannot stand beside the rest. (ioos-qc comes as source, and excludes 3.11.1 and later.)
.venv-%/made: requirements/%.txt
	$(REFUSE_LINK)
	@echo "make: installing the packages of $< in .venv-$*" >&2
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --only-binary :all: \
		$(if $(filter oracles,$*),--no-binary ioos-qc --ignore-requires-python) -r $<
	@touch $@
