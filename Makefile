# Everything is done in the checkout: .venv holds the Python packages, build/ whatever else is
# fetched or made. `make demo` and `make test` set up what they need themselves.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --no-cache-dir --disable-pip-version-check --quiet

# The board that `make firmware` builds for: a folder of firmware/boards.
BOARD ?= esp32_wroom
# How many tests run side by side, and arguments for pytest: make test ARGS=tests/unit
JOBS ?= 2
ARGS ?=
# One in how many faults `make faults` tries.
SHARE ?= 1
# How long `make fuzz` looks, and at which of the targets in tests/fuzz/targets.py; all of them if empty.
MINUTES ?= 10
TARGET ?=

# Packages keep their caches in the home folder unless told otherwise.
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib

PACKAGES_DONE := $(VENV)/.complete
TYPINGS_DONE := build/typings/.complete
TOOLS_DONE := build/tools/.complete
FUZZER_DONE := build/fuzz/packages/.complete

.PHONY: help setup demo test faults fuzz lint format firmware measure bench picture lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(PACKAGES_DONE) $(TYPINGS_DONE) $(TOOLS_DONE) ## fetch what the rest needs, into .venv and build/

demo: setup ## a recording all the way: recorded, sealed, imported, verified, exported
	@$(PYTHON) tools/demo.py

test: setup ## every test, on both word sizes of MicroPython
	@$(PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --basetemp=build/test $(ARGS)

faults: setup ## try every kind of fault many times and write docs/faults.md; with SHARE=10 a tenth of them
	@$(PYTHON) -m tests.faults --jobs $(JOBS) --share $(SHARE)

fuzz: setup $(FUZZER_DONE) ## look for inputs that break a parser: make fuzz MINUTES=10 TARGET=container
	@$(PYTHON) tools/fuzz.py --minutes $(MINUTES) $(TARGET)

lint: setup ## style, types and layout
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy --config-file tools/mypy-firmware.ini
	$(PYTHON) tools/check_layout.py

format: setup ## lay the code out as lint wants it
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

firmware: setup ## compile the firmware for BOARD into build/firmware
	@$(PYTHON) tools/build_firmware.py --board $(BOARD)

measure: setup ## the heap that the firmware leaves free, waiting and recording
	@$(PYTHON) tools/measure_heap.py

bench: setup ## count what the firmware costs in instructions and bytes and write docs/benchmarks.md
	@$(PYTHON) tools/fetch_valgrind.py
	@$(PYTHON) tools/write_benchmarks.py

picture: setup ## draw the recorder's lights and buttons anew, from the table that the firmware runs on
	@$(PYTHON) tools/draw_states.py

lock: $(PACKAGES_DONE) ## choose the newest packages again and pin them with their hashes
	@tools/lock.sh

clean: ## remove everything that make made, .venv included
	rm -rf build $(VENV) *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PACKAGES_DONE): requirements.lock pyproject.toml firmware/recorder/version.py
	@tools/make_venv.sh $(VENV)
	@echo "installing the Python packages into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements.lock || \
		{ echo "setup: the Python packages could not be fetched: is the network there?" >&2; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TYPINGS_DONE): requirements-typings.lock $(PACKAGES_DONE)
	@rm -rf $(@D)
	@$(PIP) install --require-hashes --no-deps --target $(@D) --requirement requirements-typings.lock
	@touch $@

$(FUZZER_DONE): requirements-fuzz.lock $(PACKAGES_DONE)
	@rm -rf $(@D)
	@$(PIP) install --require-hashes --no-deps --only-binary :all: --target $(@D) \
		--requirement requirements-fuzz.lock || \
		{ echo "fuzz: there is no atheris for this system and $$($(PYTHON) --version)" >&2; exit 1; }
	@touch $@

$(TOOLS_DONE): tools/fetch_tools.py tools/private_apt.py $(PACKAGES_DONE)
	@$(PYTHON) tools/fetch_tools.py
	@mkdir -p $(@D)
	@touch $@
