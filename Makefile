# make run      start the helpdesk (PORT=8000 DATA=./data DEMO=1)
# make test     run the tests; make browser-test runs those that drive Chromium
# make check    lint, import contracts, migrations; make lint mends what can be mended
# make lock     resolve the dependencies of pyproject.toml anew

PY ?= python3
V := .venv
BIN := $(V)/bin
UV := uv>=0.13,<0.14
WORKERS ?= 2

run: $(V)/.ok
	exec $(BIN)/python manage.py up

test: $(V)/.ok-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser"

browser-test: $(V)/.ok-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m browser

lint: $(V)/.ok-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(V)/.ok-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

lock: $(V)/.uv
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock

$(V)/.uv:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PY=/path/to/python3.11"; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	$(PY) -m venv $(V)
	$(BIN)/python -m pip install -q --disable-pip-version-check "$(UV)"
	@touch $@

# The development lock holds all that the other one does.
$(V)/.ok: requirements.lock | $(V)/.uv
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

$(V)/.ok-dev: requirements-dev.lock | $(V)/.uv
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@ $(V)/.ok

.PHONY: run test browser-test lint check lock
