# Two commands: `make demo` (nothing to plug in) and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# --no-compile: byte code only of what is used, 154 MB in place of 188.
PIP = $(BIN)/python -m pip --disable-pip-version-check install -q --no-compile -c constraints.txt
SYSTEM_PACKAGES = jackd2 libasound2 mosquitto

.PHONY: demo test check tests system-packages format clean

demo: $(VENV)/.installed
	$(BIN)/drumcircle demo

test: $(VENV)/.installed-dev system-packages check tests

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

tests: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format src tests

# Where it may, it installs what the tests over real MIDI ports and a second broker need;
# otherwise it names the one line to type, and those tests are skipped, saying so.
system-packages:
	@if command -v jackd >/dev/null && (command -v mosquitto || test -x /usr/sbin/mosquitto) >/dev/null; then :; \
	elif ! command -v apt-get >/dev/null; then \
	  echo "Tests over real MIDI ports need jackd2 and mosquitto; install them with your system's tools."; \
	elif [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES) >/dev/null; \
	elif sudo -n true 2>/dev/null; then \
	  sudo -n apt-get update -qq && sudo -n DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES) >/dev/null; \
	else \
	  echo "For the tests over real MIDI ports and a second broker, type: sudo apt-get install $(SYSTEM_PACKAGES)"; \
	fi

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .[dev]
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
