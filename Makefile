# The tools' versions are in tools/go.mod (buf, golangci-lint) and tools/protoc/go.mod
# (the generators). They are built once into bin/. Two modules, because buf needs a
# newer protobuf than the one that gen/ is made with and linked to.

GO ?= go

.DEFAULT_GOAL := all
.PHONY: all help generate check-generate buf-lint buf-released tools

all: generate buf-lint ## Everything before a commit

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- tools ---

BUF_PACKAGE := github.com/bufbuild/buf/cmd/buf
LINT_PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
GENERATORS := bin/protoc-gen-go bin/protoc-gen-go-grpc bin/protoc-gen-grpc-gateway

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
