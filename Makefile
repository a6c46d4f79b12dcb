# Everything starts here; `make` alone lists it. Needs only Python 3.11 or newer and make.
#
# 1. All that is installed goes into .venv; a stamp there remembers from which lock file, and the next run skips it.
# 2. Only what a lock file names is installed, and only with the hash it names.
# 3. A .venv that no longer runs, or was made for another place, is made anew.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
NODE := tests/node
ROOMS := config crypto desk directory relay
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
INSTALL := $(PIP) install --no-deps --require-hashes -r
# Node.js may live in .venv (see $(VENV)/.node).
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
# Tests leave their temporary files inside the tree. They start hundreds of processes: where the environment forbids to
# keep what was compiled, as images of containers often do, each of them would compile all of Enlace anew.
TEST := mkdir -p .tmp && PYTHONDONTWRITEBYTECODE= TMPDIR="$(CURDIR)/.tmp" $(BIN)/python -m pytest

$(shell [ "$$(cat $(VENV)/.made 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.made)

.PHONY: help setup demo test setup-full test-full lint mutants bench lock

help:  ## show this list
	@echo "Enlace: a directory you can prove, and a relay that cannot read."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Start with 'make demo', then 'make test'. Another Python: 'make PYTHON=python3.12 demo'."
	@echo "Arguments for pytest: make test ARGS='-n0 -x tests/test_house_rooms.py'; for the bench: make bench ARGS=--help."

setup: $(VENV)/.run  ## install Enlace into .venv
	@echo "Ready: $(BIN)/enlace --help"

demo: $(VENV)/.run  ## play the whole story on this machine: a relay, four desks, one message
	@$(BIN)/enlace demo

test: $(VENV)/.test  ## run the tests that need nothing but Python
	@$(TEST) $(ARGS)

setup-full: $(VENV)/.full $(VENV)/.node chromium  ## install what test-full needs besides: other hands' programs, Node.js, Chromium
	@echo "Ready: make test-full"

test-full: setup-full  ## run the tests that need node, Chromium or PostgreSQL; a skip is a failure
	@$(WITH_NODE); export PATH; ENLACE_FULL=1; export ENLACE_FULL; $(TEST) -m full $(ARGS)

lint: $(VENV)/.lint  ## check style, formatting, types and known weaknesses
	@echo "· ruff check" && $(BIN)/ruff check --quiet --output-format concise .
	@echo "· ruff format" && $(BIN)/ruff format --quiet --check . || \
		{ echo "Not formatted; mend it with: $(BIN)/ruff format ." >&2; exit 1; }
	@echo "· mypy" && $(BIN)/mypy
	@echo "· bandit" && $(BIN)/bandit --quiet --configfile pyproject.toml --severity-level medium --recursive $(ROOMS)

mutants: $(VENV)/.mutants  ## change what decides, place by place: does a test notice? (20 minutes of one core)
	@$(BIN)/python tests/mutants.py $(ARGS)

bench: $(VENV)/.test  ## measure how fast, against what (a minute)
	@$(BIN)/python -m bench $(ARGS)

# --- what is installed -----------------------------------------------------------------------------------------------

$(VENV)/.made:
	@found=; \
	for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		found=$$("$$python" -c 'import sys; v = sys.version_info >= (3, 11); \
			print(getattr(sys, "_base_executable", sys.executable)) if v else sys.exit(1)' 2>/dev/null) && break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Enlace needs Python 3.11 or newer; here is: $$($(or $(PYTHON),python3) --version 2>&1)." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=python3.12 …" >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found lacks the venv module. Install it (Debian, Ubuntu: apt install python3-venv)." >&2; \
		exit 1; \
	fi; \
	echo "· $(VENV), with $$("$$found" --version)" && \
	"$$found" -m venv --clear $(VENV) && echo "$(CURDIR)" > $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	@echo "· the libraries of Enlace" && $(INSTALL) requirements.lock
	@echo "· Enlace itself" && $(PIP) install --no-deps --no-build-isolation --no-index --editable . && touch $@

$(VENV)/.test: $(VENV)/.run requirements-test.lock
	@echo "· the libraries of its tests" && $(INSTALL) requirements-test.lock && touch $@

$(VENV)/.lint: $(VENV)/.test requirements-lint.lock
	@echo "· ruff, mypy, bandit" && $(INSTALL) requirements-lint.lock && touch $@

$(VENV)/.mutants: $(VENV)/.test requirements-mutants.lock
	@echo "· mutmut" && $(INSTALL) requirements-mutants.lock && touch $@

$(VENV)/.full: $(VENV)/.test requirements-full.lock
	@echo "· the libraries of the full tests" && $(INSTALL) requirements-full.lock && touch $@

# The packages ask for Node.js 20.19; Debian 12 has 18, so a machine without one gets it from a wheel, as no one's root.
$(VENV)/.node: $(VENV)/.made requirements-node.lock $(NODE)/package.json $(NODE)/package-lock.json
	@if $(WITH_NODE) npm --version >/dev/null 2>&1 && $(WITH_NODE) node -e \
		'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
		2>/dev/null; then :; \
	else \
		echo "· Node.js, into $(VENV)" && $(INSTALL) requirements-node.lock; \
	fi
	@echo "· other hands' programs, for node" && cd $(NODE) && \
		$(WITH_NODE) npm ci --silent --no-audit --no-fund --ignore-scripts && touch "$(CURDIR)/$@"

# The portal is looked at in the system's own browser. Debian and Ubuntu: installed here, by root alone. Nothing is
# fetched but from the system's own archive.
.PHONY: chromium
chromium:
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif ! command -v apt-get >/dev/null 2>&1; then \
		echo "The portal's tests need Chromium on the path: install it with your system's own tool." >&2; exit 1; \
	elif [ "$$(id -u)" != 0 ]; then \
		echo "The portal's tests need Chromium. Install it as root: apt-get install chromium" >&2; exit 1; \
	else \
		echo "· Chromium, from the system's archive" && apt-get -qq update && \
			DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium >/dev/null && \
			{ command -v chromium >/dev/null 2>&1 || { \
				echo "The system's archive has no Chromium that runs: install it, as chromium on the path." >&2; exit 1; }; }; \
	fi

# --- the lock files --------------------------------------------------------------------------------------------------

# requirements-full.lock is one resolution of everything, for every Python from 3.11 on and every system; the others are
# cut from it. Pins stay where they still fit; `make lock UPGRADE=1` raises them all.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
CUT := $(COMPILE) pyproject.toml --group build --constraint requirements-full.lock

lock: $(VENV)/.lint  ## write the lock files anew from pyproject.toml (UPGRADE=1 raises every pin)
	@echo "· requirements*.lock"
	@$(COMPILE) pyproject.toml --group build --all-extras --output-file requirements-full.lock >/dev/null
	@$(CUT) --output-file requirements.lock >/dev/null
	@$(CUT) --extra test --output-file requirements-test.lock >/dev/null
	@$(CUT) --extra lint --output-file requirements-lint.lock >/dev/null
	@$(CUT) --extra mutants --output-file requirements-mutants.lock >/dev/null
	@$(COMPILE) --group node --output-file requirements-node.lock >/dev/null
	@echo "· $(NODE)/package-lock.json"
	@cd $(NODE) && $(WITH_NODE) npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts \
		--silent --no-audit --no-fund
	@$(BIN)/python -c 'import json, pathlib; p = pathlib.Path("$(NODE)/package-lock.json"); d = json.loads(p.read_text()); \
		[e.pop("funding", None) for e in d["packages"].values()]; p.write_text(json.dumps(d, indent=2) + "\n")'
