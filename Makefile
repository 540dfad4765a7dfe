# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# make finds the modules by their go.mod: a new module is tested, linted and kept tidy without a change here.
# MODULES='./integration/e2e' on the command line selects one module.
MODULES := $(patsubst %/,%,$(sort $(dir $(shell find . -name go.mod -not -path '*/.*' -not -path '*/testdata/*' -not -path './tools/*'))))

# Modules that are tested without the race detector, because their code is not concurrent, or takes minutes to compile with it.
HEAVY := ./cmd/apptuit ./integration/arrow ./integration/bench ./integration/collector/e2e ./integration/collector/otelcol-apptuit

# Arguments of the demo (ARGS) and of go test (TESTFLAGS), the time for each fuzz target, the benchmarks to run, and how often.
ARGS      :=
TESTFLAGS :=
FUZZTIME  := 30s
BENCH     := .
COUNT     := 1

# How many random schedules the simulation runs, and the seed of the first one.
SCHEDULES := 10000
FROM      := 1

# The release of VictoriaMetrics that integration/e2e is tested with, in addition to Debian's; the releases of test-long, which include the
# current LTS; and a release of Prometheus, for which v0.316.0 means 3.16.0.
VICTORIA_METRICS      := v1.151.0
VICTORIA_METRICS_LONG := v1.136.23 $(VICTORIA_METRICS)
PROMETHEUS            := v0.316.0

# The packages whose tests docs/tested-with.md lists, and the file that records their runs.
PARTNERS         := integration/e2e integration/e2e/chaos integration/collector/e2e integration/opentsdb integration/apptuitpy integration/promdiff
TESTED_WITH_RUNS := $(CURDIR)/.tools/tested-with

# With INSTALL=no, make does not install the servers for the integration tests.
INSTALL := yes

# Platforms, besides this one, that the root module is vetted for. 386 catches an int that holds 64 bits.
PLATFORMS := darwin/arm64 windows/amd64 freebsd/amd64 linux/386

export GOWORK := off

.DEFAULT_GOAL := help

# in-modules runs a command in each module, continues after a failure, and at the end names the modules that failed.
# The command may use $$module and $$race.
define in-modules
@failed=; for module in $(MODULES); do \
	race=-race; case ' $(HEAVY) ' in *" $$module "*) race=;; esac; \
	echo "==> $$module"; \
	(cd "$$module" && $(1)) || failed="$$failed $$module"; \
done; \
if [ -n "$$failed" ]; then echo "$@ failed in:$$failed" >&2; exit 1; fi
endef

##@ Use

.PHONY: help
help: ## Show the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## Run an instrumented program against the embedded server, or against APPTUIT_ENDPOINT
	go run ./examples/quickstart $(ARGS)

##@ Test

.PHONY: test
test: test-modules $(if $(filter .,$(MODULES)),simulation test-newest test-victoriametrics) ## test-modules, simulation, test-newest and test-victoriametrics

.PHONY: test-modules
test-modules: $(if $(filter integration/% ./integration/%,$(MODULES)),servers) ## Vet and test every module, with -race except in HEAVY ones
	$(call in-modules,go vet ./... && go test $$race -timeout=20m $(TESTFLAGS) ./...)

.PHONY: simulation
simulation: ## Run SCHEDULES (10,000) random schedules of exporter, client and spool, from seed FROM (1); without -race
	go test -count=1 -timeout=12h ./internal/simulation -run='^TestSimulation$$' -v -schedules=$(SCHEDULES) -from=$(FROM)

.PHONY: test-newest
test-newest: ## Vet and test the root module with the newest OpenTelemetry
	@tools/newest.sh $(TESTFLAGS)

.PHONY: test-victoriametrics
test-victoriametrics: servers ## Test against VICTORIA_METRICS, a release that is built from source
	@tools/e2e.sh victoria-metrics $(VICTORIA_METRICS)

.PHONY: test-prometheus
test-prometheus: ## Test queries against PROMETHEUS, a release that is built from source (the first time: minutes)
	@tools/e2e.sh prometheus $(PROMETHEUS)

.PHONY: test-long
test-long: servers ## Run the long tests (LONG_TESTS=1), 1,000,000 schedules of the simulation, then each fuzz target for FUZZTIME (30s)
	$(call in-modules,LONG_TESTS=1 go test $$race -count=1 -shuffle=on -timeout=60m $(TESTFLAGS) ./...)
	$(if $(filter .,$(MODULES)),@$(MAKE) --no-print-directory simulation SCHEDULES=1000000)
	@for version in $(VICTORIA_METRICS_LONG); do tools/e2e.sh victoria-metrics $$version || exit 1; done
	@tools/e2e.sh prometheus $(PROMETHEUS)
	@$(MAKE) --no-print-directory fuzz

.PHONY: tested-with
tested-with: export TESTED_WITH := $(TESTED_WITH_RUNS)
tested-with: servers ## Run the tests against all servers, and write the versions of the servers into docs/tested-with.md
	@mkdir -p $(dir $(TESTED_WITH_RUNS)) && rm -f $(TESTED_WITH_RUNS)
	@for package in $(PARTNERS); do echo "==> ./$$package"; (cd $$package && CI=true go test -count=1 .) || exit 1; done
	@for version in $(VICTORIA_METRICS_LONG); do tools/e2e.sh victoria-metrics $$version || exit 1; done
	@tools/e2e.sh prometheus $(PROMETHEUS)
	go test ./docs -count=1 -run='^TestTestedWith' -update -runs=$(TESTED_WITH_RUNS)

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (30s)
	@tools/fuzz.sh $(FUZZTIME)

# Without ARGS, it takes some seven minutes. ARGS=-full measures all rows, which takes much longer.
.PHONY: bench
bench: ## Measure beside other exporters, and write the table of integration/bench/RESULTS.md; ARGS=-full for all rows (long)
	cd integration/bench && go test ./export -count=1 -timeout=0 -v -run='^TestTable$$' -table=../RESULTS.md $(ARGS)

.PHONY: bench-go
bench-go: ## Run the root module's benchmarks; BENCH is a regexp of their names, COUNT the number of runs
	go test -run='^$$' -bench='$(BENCH)' -benchmem -count=$(COUNT) ./...

.PHONY: cover
cover: ## Measure the root module's coverage, into coverage.out and coverage.html
	go test -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -html=coverage.out -o coverage.html
	go tool cover -func=coverage.out | tail -n 1

.PHONY: servers
servers: ## Install the missing servers of the integration tests
	@INSTALL=$(INSTALL) tools/servers.sh

##@ Check

.PHONY: lint
lint: lint-go lint-vet lint-tidy lint-generated lint-layout lint-release ## Run all following checks; make --keep-going lint does not stop at the first failure

.PHONY: lint-go
lint-go: golangci-lint ## Run golangci-lint, which includes gofumpt, in every module
	$(call in-modules,$(GOLANGCI_LINT) run --config=$(CURDIR)/.golangci.yml ./...)

.PHONY: lint-vet
lint-vet: ## Vet the root module for the other platforms, and link the package that calls functions of their systems
	@failed=; for platform in $(PLATFORMS); do \
		echo "==> vet for $$platform"; \
		(export CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/}; go vet ./... && go test -c -o /dev/null ./runtimemetrics) || \
			failed="$$failed $$platform"; \
	done; \
	if [ -n "$$failed" ]; then echo "$@ failed for:$$failed" >&2; exit 1; fi

.PHONY: lint-tidy
lint-tidy: MODULES += ./tools
lint-tidy: ## Check that go.mod and go.sum are tidy in every module
	$(call in-modules,go mod tidy -diff)

.PHONY: lint-generated
lint-generated: ## Check that generated files are current
	@tools/generated.sh

.PHONY: lint-layout
lint-layout: ## Check the root module's dependencies, and that modules require the same versions
	@tools/layout.sh

.PHONY: lint-release
lint-release: ## Test the script that makes releases
	@tools/release_test.sh

.PHONY: generate
generate: ## Regenerate the generated files of every module
	$(call in-modules,go generate ./...)

.PHONY: fmt
fmt: gofumpt ## Format all Go files
	$(GOFUMPT) -w .

# The database of known vulnerabilities: https://vuln.go.dev, a mirror, or a file:// URL.
VULNDB := https://vuln.go.dev

.PHONY: vuln
vuln: govulncheck ## Look for known vulnerabilities in every module; needs VULNDB, and is not part of CI
	$(call in-modules,$(GOVULNCHECK) -db='$(VULNDB)' ./...)

##@ Tools

# The versions of the tools are in tools/go.mod. Tools are built once for each Go release, and again when tools/go.mod changes.
TOOLS_DIR     := $(CURDIR)/.tools/$(shell go env GOVERSION)
GOLANGCI_LINT := $(TOOLS_DIR)/golangci-lint
GOFUMPT       := $(TOOLS_DIR)/gofumpt
GOVULNCHECK   := $(TOOLS_DIR)/govulncheck
TOOL_PACKAGES := $(shell sed -n '/^tool (/,/^)/s/^\t//p' tools/go.mod)
TOOLS         := $(notdir $(TOOL_PACKAGES))

$(addprefix $(TOOLS_DIR)/,$(TOOLS)): tools/go.mod tools/go.sum
	@echo "building $(@F)$(if $(filter golangci-lint,$(@F)), (the first time; it takes minutes))"
	@cd tools && go build -trimpath -o $@ $(filter %/$(@F),$(TOOL_PACKAGES))

.PHONY: tools $(TOOLS)
$(TOOLS): %: $(TOOLS_DIR)/%

tools: $(TOOLS) ## Build golangci-lint, gofumpt, benchstat, gorelease, govulncheck and mdatagen into .tools/

.PHONY: clean
clean: ## Remove the tools and the coverage reports
	rm -rf .tools coverage.out coverage.html
