# make run      start the helpdesk (PORT=8000 DATA=./data DEMO=1)
# make test     run the tests; make browser-test runs those that drive Chromium
# make fuzz     try the API with FUZZ=100 made up calls for each operation, from FUZZ_SEED on
# make bench    measure, on PostgreSQL at BENCH_SERVER with BENCH_TICKETS="10000 100000" (bench/README.md)
# make check    lint, import contracts, migrations; make lint mends what can be mended
# make messages collect what is to be translated and compile it (needs gettext)
# make lock     resolve the dependencies of pyproject.toml anew

PY ?= python3
V := .venv
BIN := $(V)/bin
UV := uv>=0.13,<0.14
WORKERS ?= 2
BENCH_SERVER ?= postgres://postgres@127.0.0.1:5432
BENCH_TICKETS ?= 10000 100000

run: $(V)/.ok
	exec $(BIN)/python manage.py up

test: $(V)/.ok-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser"

browser-test: $(V)/.ok-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m browser

fuzz: $(V)/.ok-dev
	FUZZ=$(or $(FUZZ),100) FUZZ_SEED=$(or $(FUZZ_SEED),$(shell date +%s)) \
	  $(BIN)/python -m pytest -n $(WORKERS) tests/api/test_schemathesis.py

# Databases are filled on the first run and kept. All is measured, whatever misses its figure.
bench: $(V)/.ok-dev
	@missed=0; \
	for tickets in $(BENCH_TICKETS) bulk; do \
	  createdb --maintenance-db=$(BENCH_SERVER)/postgres helpdesk_bench_$$tickets 2>/dev/null; \
	done; \
	for tickets in $(BENCH_TICKETS); do \
	  export DATABASE_URL=$(BENCH_SERVER)/helpdesk_bench_$$tickets; \
	  for what in operations lists export; do \
	    $(BIN)/python -W ignore bench/$$what.py --tickets $$tickets || missed=1; \
	  done; \
	done; \
	DATABASE_URL=$(BENCH_SERVER)/helpdesk_bench_bulk $(BIN)/python -W ignore bench/bulk_create.py \
	  || missed=1; \
	exit $$missed

lint: $(V)/.ok-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(V)/.ok-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

# Strings without places: a catalogue changes when its words do.
messages: $(V)/.ok-dev
	$(BIN)/python manage.py makemessages -v 0 -l de -l fr --no-location --no-wrap --no-obsolete \
	  -i "tests/*" -i "bench/*"
	$(BIN)/python manage.py compilemessages -v 0 -i $(V)

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

.PHONY: run bench test browser-test fuzz lint check messages lock
