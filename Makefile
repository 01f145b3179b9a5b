# On a fresh machine with only make and Python 3.11 or newer:
#   make demo    evaluates a recorded account and explains its margin ratio
#   make test    runs every test
#   make check   lint, types, import boundaries, the shipped rulebooks and their cases
#   make schemas   writes the JSON Schema beside each shipped rulebook anew
#   make bench   measures how long the command line takes to start, and what compiling costs as a rulebook grows
#   make bench-books   books of up to a million accounts: C, marginc, NumPy, Polars, DuckDB, rule engines; writes docs/benchmarks.md
#   make rulebook-mutants   10,000 slips in the shipped rulebooks, half an hour; writes docs/mutants.md
#   make rules-mutation   every slip in the shipped rulebooks under their cases, ten minutes; writes docs/rule-mutants.md
#   make faults   puts sixty listed faults into examples/rules-repo and runs its checks; writes docs/faults.md
#   make mutants   breaks the implementation in 400 small ways and shows that the conformance data notices each
#   make soak   random accounts on every rulebook, machine code against the exact executor; writes docs/native-soak.md
#   make native-sanitize   hostile books under valgrind: nothing is read or written beside its buffer
#   make clean   removes the environment and everything built
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
RULEBOOK := hyperliquid/portfolio-margin
ACCOUNT := examples/hype-borrow.json
PEERS := .venv/peers

.PHONY: help demo test check schemas bench bench-books rulebook-mutants rules-mutation faults mutants soak native-sanitize clean

help:
	@sed -n 's/^#  *\(make .*\)/\1/p' Makefile

demo: $(READY)
	@echo '$$ marginc evaluate $(RULEBOOK) $(ACCOUNT)'
	@$(BIN)/marginc evaluate $(RULEBOOK) $(ACCOUNT)
	@echo
	@echo '$$ marginc explain $(RULEBOOK) $(ACCOUNT) margin_ratio'
	@$(BIN)/marginc explain $(RULEBOOK) $(ACCOUNT) margin_ratio

test: $(READY)
	$(BIN)/pytest -q --numprocesses auto --dist loadfile

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -q tests/package/test_imports.py
	$(BIN)/marginc validate rules
	$(BIN)/marginc fmt --check rules examples
	$(BIN)/marginc lint rules examples
	$(BIN)/marginc test rules

schemas: $(READY)
	$(BIN)/marginc schema --write rules

bench: $(READY)
	$(BIN)/python benchmarks/validate_startup.py
	$(BIN)/python benchmarks/compile_cost.py

# OPTIONS='--accounts 10000 --rounds 3' for a short look; `--help` tells all of them.
bench-books: $(PEERS)/.ready
	$(PEERS)/bin/python -m marginc.benchmarks.books.run --write docs/benchmarks.md $(OPTIONS)

rulebook-mutants: $(READY)
	$(BIN)/python tests/laws/rulebook_mutants.py --count 10000 --write docs/mutants.md

rules-mutation: $(READY)
	$(BIN)/python tests/mutation/rules_mutation.py

faults: $(READY)
	$(BIN)/python tests/ci/faults.py measure

mutants: $(READY)
	$(BIN)/python tests/conformance/mutants.py

# For hours, and goes on where it stopped. OPTIONS='--minutes 20 --only hyperliquid' for less; `--help` tells all of them.
soak: $(READY)
	$(BIN)/python tests/native/soak.py --write $(OPTIONS)

native-sanitize: $(READY)
	$(BIN)/python tests/native/sanitize.py

clean:
	rm -rf .venv build dist marginc.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: marginc installed from this tree, so an edit needs no reinstall, with what tests and checks use.
# The link gives the root the name `marginc` for mypy, whatever the checkout's folder is called.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'marginc needs Python 3.11 or newer; "$(PYTHON)" is not. Name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { \
	    echo 'Python could not make .venv; on Debian and Ubuntu install the package python3-venv.' >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@mkdir -p .venv/link && ln -sfn ../.. .venv/link/marginc
	@touch $@

# The peers of the benchmarks, in an environment of their own: tests do not meet them.
$(PEERS)/.ready: $(READY)
	@$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@
