# `make run` runs the service in this folder, `make test` checks everything. CONTRIBUTING.md says more.

PYTHON ?= python3
ENV := .venv/bin/python
SIZE ?= 1000000
# migrations/env.py sets the timeouts; the outbox's generation counts clusters, which an int outlives.
SQUAWK_KNOWS_NOT := require-lock-timeout,require-statement-timeout,prefer-bigint-over-int

# PORT=9000 on make's command line reaches the service; without it the service takes 8000.
export PORT

# Measures the ledger at SIZE entries against a hundredth of them; `SIZE=10000000` loads for an hour first, once, on two cores that are busy.
# SEED is the first of HISTORIES seeds: a history that failed is played again by SEED=… HISTORIES=1.
export SEED HISTORIES WORKERS

.PHONY: run test simulate bench check format lock pictures catalogues clean environment environment-dev browser postgres15

run: environment
	@$(ENV) -m rewards up --end-with-parent

# A third of the time a worker waits for a process or a browser, so three keep two cores busy.
test: check browser postgres15
	$(ENV) -m pytest -n $(or $(WORKERS),3) $(TESTS)

bench: environment-dev
	$(ENV) -m bench --size $(SIZE) --workers $(or $(WORKERS),2)

check: environment-dev
	$(ENV) -m ruff format --check .
	$(ENV) -m ruff check .
	$(ENV) -m basedpyright --level error
	$(ENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	.venv/bin/squawk --assume-in-transaction --exclude=$(SQUAWK_KNOWS_NOT) migrations/versions/*.sql
	$(ENV) -m pytest -q -p no:randomly tests/house/test_locks.py

simulate: environment-dev
	@$(ENV) tools/simulate.py

format: environment-dev
	$(ENV) -m ruff format .
	$(ENV) -m ruff check --fix .

lock: environment-dev
	$(ENV) -m uv pip compile pyproject.toml --group servers --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(ENV) -m uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

pictures: environment-dev browser
	$(ENV) tools/pictures.py

catalogues: environment-dev
	$(ENV) tools/catalogues.py

clean:
	@$(PYTHON) tools/clean.py

environment:
	@PYTHON=$(PYTHON) sh tools/environment.sh requirements.lock

environment-dev:
	@PYTHON=$(PYTHON) sh tools/environment.sh requirements-dev.lock

browser:
	@sh tools/browser.sh

postgres15:
	@sh tools/postgres15.sh
