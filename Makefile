# `make run` sets up and runs the demo agency; `make test` sets up and passes all the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: run test check lint bench clean setup setup-test system-packages npm-packages

run: setup
	$(BIN)/archiver demo

setup: $(VENV)/.run
setup-test: $(VENV)/.test $(VENV)/referees/.done

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(VENV)/.run: $(VENV)/bin/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.test: $(VENV)/bin/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@ $(VENV)/.run

# Other people's readers of our packages; apart, since they pin older libraries.
$(VENV)/referees/.done: $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/referees
	$(VENV)/referees/bin/pip install --quiet 'pywb>=2.8' 'wacz>=0.5'
	touch $@

npm-packages: system-packages setup-test
	$(BIN)/python -m tests.support.npm

system-packages:
	sh tests/support/system-packages.sh

test: system-packages setup-test npm-packages lint
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

lint: setup-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-test
	for b in benchmarks/bench_*.py; do $(BIN)/python $$b; done

clean:
	rm -rf $(VENV) build *.egg-info
