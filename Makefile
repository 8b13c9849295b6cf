# Two commands on a fresh clone: `make demo` and `make test`. Everything else is `make help`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test test-busy check accessibility bench deploy render docs pictures clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/installed: pyproject.toml layers/api/requirements.txt layers/dependencies/requirements.txt layers/load_testing/requirements.txt
	@test -n "$(PYTHON)" || { echo "labgrader needs Python 3.11 or newer (with venv) on the PATH" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

install: .venv/installed ## install into .venv; .venv/bin/labgrader works after it

demo: install ## grade a simulated class on the embedded AWS, from nothing to the HTML report
	$(BIN)/labgrader demo

test: install ## the whole test suite: fast tests first, then the workflow on the embedded AWS
	$(BIN)/python -m pytest -m "not workflow" -n 2 -q
	$(BIN)/python -m pytest -m workflow -n 2 --dist loadgroup -q

test-busy: install ## the whole test suite while two processes burn a core each: it must pass on a busy machine
	@trap 'kill $$burners 2>/dev/null' EXIT; trap 'exit 130' INT TERM HUP; burners=; \
	for burner in 1 2; do (trap - EXIT; while kill -0 $$$$; do :; done 2>/dev/null) & burners="$$burners $$!"; done; \
	$(MAKE) test

check: install ## format, lint, types, import rules, language, template and ASL lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cli.documentation.plain_english
	$(BIN)/cfn-lint infra/*.yaml
	$(BIN)/python -m statemachines --check
	$(BIN)/python -m pytest -q -m "not workflow" tests/statemachines tests/infra
	$(BIN)/labgrader lint checks/labs
	$(BIN)/python -m cli.documentation.catalogue --check

accessibility: install ## test the HTML pages with axe-core in Chromium and write docs/accessibility.md
	LABGRADER_BROWSER=required LABGRADER_ACCESSIBILITY=write $(BIN)/python -m pytest -q tests/accessibility

bench: install ## count AWS calls, time cold starts and bundles, measure the load tester
	$(BIN)/python -m benchmarks

deploy: install ## deploy to the AWS account of your credentials
	$(BIN)/labgrader deploy --aws

render: install ## write the state machines' ASL again after a change to statemachines/
	$(BIN)/python -m statemachines

docs: install ## write the generated pages in docs/ again
	$(BIN)/python -m cli.documentation.catalogue
	$(BIN)/python -m labgrader.api > docs/openapi.yaml

pictures: install ## take the pictures in docs/images/ again, with Chromium, after a change of the pages
	$(BIN)/python -m cli.documentation.pictures

clean: ## remove what make made
	rm -rf .venv build out *.egg-info
