# `make demo` trains, evaluates, shows and exports on real photos; `make test` is what has to hold before a change lands.
# All targets make their own environment first. They need Python 3.10-3.13 with venv, and nothing else from the system.
PYTHON ?= python3
BIN := .venv/bin
# Test files run beside each other in this many processes, each of up to 2.5 GB.
JOBS ?= 2
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
FUZZ_SECONDS ?= 1800
# What a save-and-run loop wants: the parts that almost every change goes through, none of which trains a network.
FAST := tests/test_imports.py tests/test_config.py tests/test_registry.py tests/test_geometry.py tests/test_image_io.py \
        tests/test_transforms.py tests/test_metrics.py tests/test_postprocess.py tests/test_datasets.py \
        tests/test_doctor_environment.py tests/test_cli.py

.PHONY: demo test test-fast test-all fuzz tipc smoke docs wheel lint clean

demo: .venv/ready
	$(BIN)/python tools/demo.py

test: .venv/ready lint
	$(PYTEST) -m "not slow"

test-fast: .venv/ready
	$(PYTEST) -m "not slow" $(FAST)

test-all: .venv/ready lint
	$(PYTEST)

# Random configurations, pictures, weights and flags; tests/fuzz says how to repeat what it finds.
fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

# Short chains from training to deployment; test_tipc/README.md tells what each does.
tipc: .venv/ready
	PYTHON=$(CURDIR)/$(BIN)/python bash test_tipc/short_chains.sh

# A wheel with ONNX Runtime and no Paddle, on the other Python versions that are found.
smoke:
	bash tools/smoke.sh

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir output/site

wheel: .venv/ready
	$(BIN)/pip wheel . --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/ready: requirements.txt setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e ".[dev]"
	touch $@

.venv/docs: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e ".[docs]"
	touch $@

clean:
	rm -rf .venv output build dist *.egg-info
