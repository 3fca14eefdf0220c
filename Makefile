# Every command a person needs. Thin: what takes more than a line lives in a script.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
PIXELS := functions/render/engine/libpixels.so
# What is checked: every folder of Python that there is.
SOURCES := $(wildcard functions local ops reference examples bench tests)

# sam reports its use to AWS unless told not to.
export SAM_CLI_TELEMETRY := 0

# SAM calls functions/Makefile, which finds uv on PATH.
SAM := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/sam

# Which table of samconfig.toml `make build` and `make deploy` read.
ENVIRONMENT ?= default

# How long `make simulate` looks.
SCHEDULES ?= 10000
PROCESSES ?= 2

# How many files of tests run at the same time.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup lock fonts dashboards docs demo dev bench test fuzz simulate check lint build deploy image test-image sam-local

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed $(PIXELS) ## the tools and libraries, exactly as locked

# Compiled at once: where Python may not write its caches, each new process of a local function would compile boto3 anew.
$(VENV)/.installed: requirements.lock tests/decoder.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Reelqueue needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --target $(VENV)/decoder --no-deps --require-hashes -r tests/decoder.lock
	touch $@

# The part of the engine that is not Python. The compiler is 101 MB, and stays where nothing imports it.
$(PIXELS): functions/render/engine/pixels.c functions/render/compile.py $(VENV)/compiler/.installed
	PYTHONPATH=$(VENV)/compiler $(BIN)/python functions/render/compile.py $@

$(VENV)/compiler/.installed: functions/render/compiler.lock $(VENV)/.installed
	$(BIN)/uv pip install --quiet --target $(VENV)/compiler --no-deps --require-hashes -r functions/render/compiler.lock
	touch $@

# A house of its own: its 98 libraries would hold back those of the service. Only `make lint` needs it.
$(VENV)/scanner/.installed: $(VENV)/.installed tests/scanner.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/scanner
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(VENV)/scanner/bin/python --require-hashes tests/scanner.lock
	touch $@

lock: ## after a change of a requirement: solve and write the lock files anew, here and of what is deployed
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	    --python-version 3.11 --group pyproject.toml:dev functions/render/requirements.txt -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	    --python-version 3.11 --group pyproject.toml:scanner -o tests/scanner.lock
	for part in functions functions/render; do $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --python-version 3.13 --python-platform x86_64-manylinux_2_28 --constraint requirements.lock \
	    $$part/requirements.txt -o $$part/requirements.lock || exit 1; done

fonts: setup ## after a change of the fonts' versions: write the table of characters that submission reads
	PYTHONPATH=functions:. $(BIN)/python -m local.fonts

dashboards: setup ## after a change of ops/panels.py or an alarm: write the dashboards anew
	PYTHONPATH=functions:. $(BIN)/python -m ops.dashboards

golden: setup ## after somebody has looked: the golden pictures of the tests, drawn anew; NAMES= draws some
	PYTHONPATH=functions:. $(BIN)/python -m tests.golden $(NAMES)

gallery: setup ## every request of examples/gallery rendered, with sheets of frames and a page; NAMES= renders some
	PYTHONPATH=functions:. $(BIN)/python -m examples.gallery $(NAMES)

docs: setup ## after a change of a model, a route or an answer: write openapi.json and the request's schema anew
	PYTHONPATH=functions:. $(BIN)/python -m reference

demo: setup ## one video, from the request to the file, on this machine
	$(BIN)/python -m local.demo

dev: setup ## the local stack until Ctrl-C; settings: PORT= RECEIVER_PORT= MAX_CONCURRENT= FRESH=1 RENDER=image
	@$(BIN)/python -m local.dev

bench: setup ## the benchmarks, into bench/results.json; BENCH= names some
	PYTHONPATH=functions:. $(BIN)/python -m bench $(BENCH)

# More files than cores: much of the time tests wait. As they are ordered, the files with the local stack first: they take the longest, and much of it is waiting.
test: setup ## all tests, three files at a time; WORKERS= sets how many
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

fuzz: setup ## more than 5,000 requests that nobody would write, against the local stack; settings: EXAMPLES= SEED=
	PYTHONPATH=functions:. $(BIN)/python -m tests.e2e.fuzz $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(SEED),--seed $(SEED))

simulate: setup ## 10,000 schedules of the protocol under an adversary; settings: SCHEDULES= PROCESSES= SEED=
	@PYTHONPATH=functions $(BIN)/python -m tests.simulation --schedules $(SCHEDULES) --processes $(PROCESSES) \
	    $(if $(SEED),--seed $(SEED))

check: lint test ## what CI runs: format, lint, types, template, tests

# Without ruff's cache: which imports are the project's own depends on other folders, and the cache does not notice them.
lint: setup $(VENV)/scanner/.installed
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check --no-cache $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint --region us-east-1
	CKV_SKIP_PACKAGE_UPDATE_CHECK=true $(VENV)/scanner/bin/checkov --config-file .checkov.yaml

# Without Docker all but the render image, so that what can be checked is checked.
build: setup ## what is deployed, into .aws-sam (the render image in it needs Docker)
	@if docker info >/dev/null 2>&1; then $(SAM) build --config-env $(ENVIRONMENT); \
	    else $(SAM) build --config-env $(ENVIRONMENT) --exclude RenderFunction \
	    && echo 'NOT BUILT, AS NO DOCKER ENGINE ANSWERS: the render image. make deploy needs it.'; fi

deploy: build ## the stack, into your AWS account, step by step; ENVIRONMENT= names a table of samconfig.toml
	$(SAM) deploy --guided --config-env $(ENVIRONMENT)

image: ## the render image (needs Docker); BASE_IMAGE= names another base
	docker build $(BUILD_FLAGS) --file functions/render/Dockerfile $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) --tag reelqueue-render .

test-image: setup ## the render image, built and tested as a container on the local stack (needs Docker)
	tools/test-image

sam-local: setup ## what sam local needs to call single functions, after make build and beside make dev RENDER=image
	@$(BIN)/python -m local.sam
