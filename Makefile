# Two commands on a fresh machine with Python 3.11 or newer:
#
#   make run      install what is missing, then put the main scenario through both systems
#   make test     install what is missing, then lint and every test
#
# And:
#
#   make install  only install, into .venv: then .venv/bin/chaos is there
#   make lint     ruff, mypy and import-linter
#   make bench    what the README's figures come from
#   make soak     every repetition of every claim; takes long
#   make trust    judge the judge, and write docs/trust.md; goes on where it was interrupted
#   make lock     resolve requirements.lock anew from pyproject.toml (when its dependencies change)
#   make clean    remove .venv and the tools' caches

SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run install compiled test tests lint silent-lint bench soak trust lock clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
SCENARIO := scenarios/worker-kill.yaml
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
IS_NEW_ENOUGH := import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))

run: install
	$(BIN)/chaos run $(SCENARIO)

install: $(STAMP) compiled

# Every worker is a process of its own: its modules are compiled once, here, also where Python is told to write none.
compiled: $(STAMP)
	@$(BIN)/python -m compileall -q chaos_harness harness systems benchmarks

# The stamp is as old as what was installed: a second `make` starts at once, a changed lock installs again.
$(STAMP): requirements.lock pyproject.toml
	@set -eu; \
	python="$(PYTHON)"; \
	for candidate in $(PYTHONS); do \
	  [ -z "$$python" ] || break; \
	  if "$$candidate" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1; then python="$$candidate"; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "no Python >= 3.11 with venv and ensurepip found (looked for: $(PYTHONS))." >&2; \
	  echo "Install one (on Debian or Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	if ! $(BIN)/python -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1; then "$$python" -m venv --clear $(VENV); fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

# Both at once, as no test needs what lint finds. What it says comes as one, and only if it finds something.
test: install
	@$(MAKE) --no-print-directory --jobs=2 silent-lint tests

silent-lint:
	@said=$$($(MAKE) --no-print-directory lint 2>&1) && echo "lint: nothing found" || { echo "$$said"; exit 1; }

# Three at a time on two cores: a third of the time is waiting (for a fault's duration, a restart, a time-out).
# A test that calls make shall not get the flags of this one.
tests: install
	MAKEFLAGS= PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $$($(BIN)/python -c 'import os; print(3 * (os.cpu_count() or 1) // 2)') --dist worksteal

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: install
	$(BIN)/python -m benchmarks

soak: install
	$(BIN)/pytest -m soak -q -s

trust: install
	$(BIN)/python -m tests.trust

# pip-compile keeps what it is told: no address of a registry, no path of this machine.
COMPILE := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --annotation-style line

lock: install
	$(COMPILE) --extra dev --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(COMPILE) --output-file .github/audit.lock .github/audit.in

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
