package transparency

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/interop"
	"github.com/manifold-serving/manifold/internal/interop/triton"
	_ "github.com/manifold-serving/manifold/server/deflate" // the clients compress, too
)

// within is how long one operation may take.
const within = 20 * time.Second

func target(t *testing.T, at interop.At) Target {
	t.Helper()
	conn, err := grpc.NewClient(at.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(infer.Codec{}), grpc.MaxCallRecvMsgSize(1<<31-1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Target{REST: "http://" + at.HTTP, GRPC: conn}
}

// realTriton is a Triton with the repository.
func realTriton(t *testing.T) *interop.Server {
	t.Helper()
	dir := t.TempDir()
	if err := triton.Write(dir); err != nil {
		t.Fatal(err)
	}
	return lab.Triton(t, dir, "--exit-on-error=false", "--strict-readiness=false")
}

// gateway is a gateway before servers.
func gateway(t *testing.T, options string, servers ...*interop.Server) Target {
	t.Helper()
	return target(t, lab.Gateway(t, interop.UpstreamTo(servers...)+options).At)
}

const strict = `
apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec: {strict: true, compressResponses: true}
`

// What a client sees through the gateway is what it sees at the Triton itself, but for what is declared.
func TestTritonBehindTheGateway(t *testing.T) {
	t.Parallel()
	server := realTriton(t)
	direct := target(t, server.At)
	t.Run("default", func(t *testing.T) {
		compareAll(t, operations(), direct, gateway(t, "", server), differences(), "triton")
	})
	t.Run("strict", func(t *testing.T) {
		compareAll(t, operations(), direct, gateway(t, strict, server), strictDifferences(), "triton, strict")
	})
	if !server.Alive() {
		t.Fatalf("the Triton ended: %s", server.Tail())
	}
}

// compareAll does every operation at both targets and tells what is not declared, and what is declared in vain.
func compareAll(t *testing.T, all []Operation, direct, through Target, declared []Difference, title string) {
	t.Helper()
	used := map[int]map[string]bool{}
	for _, op := range all {
		for _, d := range observed(t, op, direct, through) {
			i := slices.IndexFunc(declared, func(f Difference) bool { return f.covers(d) })
			if i < 0 {
				t.Errorf("%s: %s: direct %q, gateway %q", d.Operation, d.Aspect, d.Direct, d.Gateway)
				continue
			}
			if used[i] == nil {
				used[i] = map[string]bool{}
			}
			used[i][d.Operation] = true
		}
	}
	for i, f := range declared {
		if used[i] == nil {
			t.Errorf("declared, and seen nowhere: %s (%s, %s)", f.What, f.Operations, f.Aspect)
		}
	}
	t.Logf("%s: %d operations, %d of %d declared differences", title, len(all), len(used), len(declared))
	_ = maps.Keys(used)
}

func observed(t *testing.T, op Operation, direct, through Target) []Disagreement {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return disagreements(op.Name, op.Do(ctx, direct), op.Do(ctx, through))
}
