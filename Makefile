# The tools' versions are in tools/go.mod (buf, golangci-lint) and tools/protoc/go.mod
# (the generators). They are built once into bin/. Two modules, because buf needs a
# newer protobuf than the one that gen/ is made with and linked to.

GO ?= go

# The embedded runtime's arithmetic on pointers is sound but not what -race's checkptr allows; see modelserver/onnx/doc.go.
RACE := -race -gcflags=github.com/gomlx/compute/...=-d=checkptr=0
FUZZTIME ?= 60s

.DEFAULT_GOAL := all
.PHONY: all help run build test unit race quickfaults faults interop maybe-interop fuzz proof large bench compare lint fmt generate check-generate buf-lint buf-released tools

all: generate lint test ## Everything before a commit

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the gateway ---

EXAMPLE := examples/animals-and-plants

run: build ## Serve the example on ports 8000 (REST), 8001 (gRPC) and 8002 (admin)
	bin/manifold serve -f $(EXAMPLE)/inference_services.yaml -f $(EXAMPLE)/inference_graph.yaml

build: ## Build bin/manifold
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/manifold ./cmd/manifold

# --- tests ---

test: check-generate buf-lint unit race quickfaults maybe-interop ## Run all tests; what they need is installed first

unit: ## Run the tests, fuzz seeds, end-to-end tests and examples included
	$(GO) vet ./...
	$(GO) test -count=1 ./...

race: ## The same under the race detector, which needs a C compiler
	@command -v $${CC:-gcc} >/dev/null || { echo "installing gcc"; apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }
	$(GO) test -count=1 $(RACE) ./...

# A scenario of internal/faultlab takes as long as its load, some of them a minute.
FAULTS := $(GO) test -count=1 -tags faults -run TestFaults -v -timeout 24h ./internal/faultlab -args
REPEAT ?= 1

faults: ## Run the scenarios of the fault laboratory; REPEAT=20 each so often, ONLY=u02,c some, LOGS=FOLDER keeps logs
	$(FAULTS) -repeat $(REPEAT) -only "$(ONLY)" -logs "$(LOGS)"

quickfaults: ## Run those that have a short form, and judge what can be counted
	$(FAULTS) -quick

# Where the Python environments of the real clients and servers lie; 1.3 GB.
MANIFOLD_INTEROP ?= $(HOME)/.cache/manifold/interop

interop: ## Run the gateway between real clients and real servers; writes the table of docs/compatibility.md
	MANIFOLD_INTEROP=$(MANIFOLD_INTEROP) $(GO) test -count=1 -p 1 -timeout 30m ./internal/interop/...

# In CI it must run. Elsewhere it runs when it can.
maybe-interop:
	@if [ -n "$$CI" ] || { [ "$$(uname -sm)" = "Linux x86_64" ] && python3 -m pip --version >/dev/null 2>&1; }; then $(MAKE) interop; \
	else echo "make interop is left out: it needs Linux on x86-64, and python3 with pip"; fi

fuzz: ## Fuzz every target for FUZZTIME each
	@$(GO) list -f '{{.ImportPath}}' ./... | while read -r package; do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

proof: ## Check the text of all 2^32 FP32 values; takes a while
	$(GO) test -tags proof -run TestEveryFloat32 -timeout 4h -v ./infer/tensorjson

large: ## Send messages of 2 GiB through the gateway; takes 10 GiB of memory
	$(GO) test -count=1 -tags large -run TestP11MessagesOf2GiB -v ./internal/oiptest/differential

bench: ## Run the Go benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./infer/... ./graph/... ./clients/... ./server/... ./bench/...

compare: build ## Compare the gateway's cost with its peers' and write docs/performance.md; about 35 minutes
	@for peer in nginx haproxy; do command -v $$peer /usr/sbin/$$peer >/dev/null || apt-get install -y -qq $$peer || echo "$$peer is left out"; done
	$(GO) run ./bench/compare -report docs/performance.md -plots docs

lint: bin/golangci-lint ## Run the linters, import rules included
	bin/golangci-lint run ./...

fmt: bin/golangci-lint ## Format the code
	bin/golangci-lint fmt ./...

# --- tools ---

BUF_PACKAGE := github.com/bufbuild/buf/cmd/buf
LINT_PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
GENERATORS := bin/protoc-gen-go bin/protoc-gen-go-grpc bin/protoc-gen-grpc-gateway bin/protoc-gen-openapiv2

tools: bin/buf bin/golangci-lint $(GENERATORS) ## Build the tools into bin/

bin/buf: tools/go.mod
	$(GO) build -modfile=tools/go.mod -o $@ $(BUF_PACKAGE)

bin/golangci-lint: tools/go.mod
	$(GO) build -modfile=tools/go.mod -o $@ $(LINT_PACKAGE)

$(GENERATORS): tools/protoc/go.mod
	$(GO) build -modfile=tools/protoc/go.mod -o bin/ tool

# --- proto/ and gen/ ---

generate: bin/buf $(GENERATORS) ## Write gen/ from proto/
	bin/buf generate
	$(GO) run ./internal/openapi -generated gen/openapi/control.swagger.json -by-hand proto/inference/openapi.yaml -out gen/openapi

# Untracked files count: git diff alone would not see a generated file that was never added.
check-generate: generate ## Fail when gen/ is not what proto/ gives
	@git diff --exit-code -- gen
	@new=$$(git ls-files --others --exclude-standard -- gen); \
		if [ -n "$$new" ]; then echo "not committed:" $$new; exit 1; fi

# The schema may grow but must not break what was released. What was released is a file
# and not a git revision: a file is there in a shallow clone, and comparing main with
# main would prove nothing.
buf-lint: bin/buf ## Lint proto/ and compare it with what was released
	bin/buf lint
	bin/buf format --diff --exit-code
	bin/buf breaking --against proto/released.binpb

buf-released: bin/buf ## Take proto/ as released; part of a release
	bin/buf build --exclude-source-info -o proto/released.binpb
