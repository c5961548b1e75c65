.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
export GX_ANALYTICS_ENABLED := false
export PYTHONWARNINGS := ignore
free_text := SQL PERIOD REASON M BY WHERE FROM TO RULES
export $(free_text)

# What each goal is told. A slip, such as LIMIT=5 or FROMM=2026-01, would be ignored in silence and answer another
# question; names with an underscore may be meant for the environment (TOLLGATE_..., a credential).
told_run := SCALE
told_query := SQL FORMAT
told_metric := M BY WHERE FROM TO FORMAT
told_focus-export := TARGET
told_close := PERIOD
told_reopen := PERIOD REASON
told_prices-import := FROM FILE AS_OF SINCE REGION SERVICES CONFIRM ACCEPT
told_journal := PERIOD
told_allocate-preview := RULES PERIOD
told := $(foreach goal,$(or $(MAKECMDGOALS),help),$(told_$(goal)))
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(if $(findstring _,$(name)),,$(name))))
slips := $(filter-out VENV PYTHON SHELL $(told),$(given))
$(if $(slips),$(error make $(MAKECMDGOALS) is not told $(slips)$(if $(told),; it is told $(strip $(told)))))

# What people type is handed on as they typed it: make would read a $ in it as a name of its own.
$(foreach name,$(free_text),$(eval override $(name) := $$(value $(name))))

.PHONY: help setup run ui query metric questions test check audit bench prices-import report journal focus-rules focus-referee focus-export close reopen allocate-preview mlflow-server oldest-duckdb

help: ## Show what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make .venv from requirements.lock (uv if present, else pip), and let dbt read its project.

$(VENV)/.installed: requirements.lock
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python '>=3.11' $(VENV) && uv pip sync --quiet --python $(PYTHON) requirements.lock; \
	else \
		python3 -c 'import ensurepip' 2>/dev/null || { echo "Python lacks its venv module: apt-get install python3-venv"; exit 1; }; \
		echo "Installing the Python packages into $(VENV), which takes a minute or two"; \
		python3 -m venv $(VENV) && $(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.lock; \
	fi
	@$(PYTHON) -c 'from orchestration.publish.dbt_manifest import manifest_path; from orchestration.settings import DBT_PROJECT_DIR; manifest_path(DBT_PROJECT_DIR)'
	@touch $@

run: setup ## Run the whole pipeline over every period (the demo company by default; SCALE=0.1 makes it smaller).
	@$(PYTHON) -m orchestration run $(if $(SCALE),--scale $(SCALE))

ui: setup ## Start the Dagster UI on loopback.
	@$(PYTHON) -m orchestration ui

query: setup ## Ask the published file: make query SQL="select ..." (FORMAT=csv; piped, columns are whole).
	@$(PYTHON) -m orchestration query "$$SQL" $(if $(FORMAT),--format "$(FORMAT)")

metric: setup ## List the metrics, or ask for some: make metric M=cost_per_inference BY=use_case (WHERE="team=Search and Discovery" FROM=2026-09 TO=2026-10 FORMAT=csv|sql).
	@$(PYTHON) -m orchestration metric "$$M" --by "$$BY" --where "$$WHERE" --from "$$FROM" --to "$$TO" $(if $(FORMAT),--format "$(FORMAT)")

questions: setup ## Write the demo company's answers into dbt_project/docs/questions.md.
	@$(PYTHON) -m orchestration questions

report: setup ## Write the report of the published file, for a browser.
	@$(PYTHON) -m orchestration report

focus-export: setup ## Write the FOCUS datasets as Parquet and CSV with a manifest (TARGET=folder, s3://, az:// or gs://).
	@$(PYTHON) -m orchestration focus-export $(if $(TARGET),"$(TARGET)")

close: setup ## Check a month and freeze its statements: make close PERIOD=2026-09
	@$(PYTHON) -m orchestration close "$$PERIOD"

reopen: setup ## Open a closed month again: make reopen PERIOD=2026-09 REASON="..."
	@$(PYTHON) -m orchestration reopen "$$PERIOD" "$$REASON"

prices-import: setup ## Compare a price list with the book (FROM=litellm|genai-prices|azure|aws FILE=...; ACCEPT=yes adds it).
	@$(PYTHON) -m orchestration prices-import "$$FROM" "$(FILE)" $(if $(AS_OF),--as-of "$(AS_OF)") \
		$(if $(SINCE),--since "$(SINCE)") $(if $(REGION),--region "$(REGION)") \
		$(if $(SERVICES),--services "$(SERVICES)") $(if $(CONFIRM),--confirm "$(CONFIRM)") \
		$(if $(filter yes,$(ACCEPT)),--accept)

journal: setup ## Write a month's chargeback journal as CSV for the general ledger (PERIOD=2026-09).
	@$(PYTHON) -m orchestration journal "$$PERIOD"

allocate-preview: setup ## Allocate a month under other rules and show who gains and loses (RULES=folder, PERIOD=2026-10, else the last month that is over).
	@$(PYTHON) -m orchestration allocate-preview "$$RULES" "$$PERIOD"

test: setup ## Run the tests.
	@$(PYTHON) -m pytest -q

check: setup ## Lint, types, SQL style, layering, both SQL dialects.
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy orchestration
	@cd dbt_project && ../$(VENV)/bin/sqlfluff lint --processes 0 models
	@$(PYTHON) -m pytest -q tests/dbt

audit: setup ## Judge every published period again, not only those that changed.
	@$(PYTHON) -m orchestration audit

bench: setup ## Measure speed as ratios; written to bench/.
	@$(PYTHON) -m tests.bench

focus-rules: setup ## Write the dbt code of the FOCUS rules from their facts.
	@$(PYTHON) -m orchestration.publish.focus_conformance write

mlflow-server: .mlflow/.installed ## Make the MLflow server that tests run against, in .mlflow.

.mlflow/.installed: tests/mlflow_server.txt
	@rm -rf .mlflow
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --python '>=3.11' .mlflow && uv pip install --quiet --python .mlflow/bin/python -r $<; \
	else \
		python3 -m venv .mlflow && .mlflow/bin/python -m pip install --quiet --disable-pip-version-check -r $<; \
	fi
	@touch $@

focus-referee: setup ## Let the official FOCUS validator judge a sample of what is published.
	@$(PYTHON) -m tests.referee

# The first DuckDB that may open the published file, for the test that opens it; Python 3.13 has no 1.0.
oldest-duckdb: setup ## Install the oldest DuckDB client that the published file is written for.
	@if command -v uv >/dev/null 2>&1; then install="uv pip install --quiet --python $(PYTHON)"; \
	else install="$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade"; fi; \
	$$install --no-deps --only-binary :all: --target .oldest-duckdb \
		'duckdb==1.0.0; python_version < "3.13"' 'duckdb==1.1.3; python_version >= "3.13"'
