package transparency

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/interop"
	"github.com/manifold-serving/manifold/internal/interop/triton"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
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

// One Triton serves all of this, so that what would end it is seen by whatever comes after.
func TestRealTriton(t *testing.T) {
	t.Parallel()
	server := realTriton(t)
	direct := target(t, server.At)
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"default", func(t *testing.T) {
			t.Helper()
			compareAll(t, operations(), direct, gateway(t, "", server), concat(tritonDifferences(), defaultDifferences()))
			keep(t, "Triton", len(operations()), concat(tritonDifferences(), defaultDifferences()))
		}},
		{"strict", func(t *testing.T) {
			t.Helper()
			compareAll(t, operations(), direct, gateway(t, strict, server), concat(tritonDifferences(), strictDifferences()))
			keep(t, "strict", len(operations()), strictDifferences())
		}},
		{"ordinary beside decoupled", func(t *testing.T) { t.Helper(); ordinaryBesideDecoupled(t, server) }},
		{"streams that end at an error", func(t *testing.T) { t.Helper(); streamsEndAtTheModelsError(t, server) }},
		{"clients leave streams", func(t *testing.T) { t.Helper(); clientsLeaveStreams(t, server) }},
		{"generate reads to the end", func(t *testing.T) { t.Helper(); generateReadsToTheEnd(t, server) }},
		{"killers", func(t *testing.T) { t.Helper(); killersAreRefused(t, server) }},
	} {
		if t.Run(step.name, step.do); !server.Alive() {
			t.Fatalf("%s: the Triton ended:\n%s", step.name, server.Tail())
		}
	}
}

// The same for KServe's Python server, over what it has.
func TestKServe(t *testing.T) {
	t.Parallel()
	server := lab.KServe(t, "../kserve/server.py")
	compareAll(t, kserveOperations(), target(t, server.At), gateway(t, "", server), kserveDifferences())
	keep(t, "KServe", len(kserveOperations()), kserveDifferences())
}

// The same for MLServer, over what it has.
func TestMLServer(t *testing.T) {
	t.Parallel()
	server := lab.MLServer(t, "../mlserver")
	compareAll(t, mlserverOperations(), target(t, server.At), gateway(t, "", server), mlserverDifferences())
	keep(t, "MLServer", len(mlserverOperations()), mlserverDifferences())
}

// What oiptest's stand-in for a Triton does is what twins of its models do in a real one.
func TestStandInIsLikeARealTriton(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := triton.WriteTwins(dir); err != nil {
		t.Fatal(err)
	}
	server := lab.Triton(t, dir, "--exit-on-error=false", "--strict-readiness=false")
	at := standin.Serve(t)
	direct, through := target(t, server.At), target(t, interop.At{HTTP: at.REST, GRPC: at.GRPC})
	compareAll(t, twinOperations(), direct, through, twinDifferences(), concat(tritonDifferences(), defaultDifferences())...)
}

// compareAll does every operation at both targets and tells what is not declared, and what is declared in vain; also may occur, or not.
func compareAll(t *testing.T, all []Operation, direct, through Target, declared []Difference, also ...Difference) {
	t.Helper()
	used := make([]bool, len(declared))
	for _, op := range all {
		for _, d := range disagreements(op.Name, observe(t, op, direct), observe(t, op, through)) {
			if slices.ContainsFunc(also, func(f Difference) bool { return f.covers(d) }) {
				continue
			}
			if i := slices.IndexFunc(declared, func(f Difference) bool { return f.covers(d) }); i >= 0 {
				used[i] = true
				continue
			}
			t.Errorf("%s: %s: direct %q, gateway %q", d.Operation, d.Aspect, d.Direct, d.Gateway)
		}
	}
	for i, f := range declared {
		if !used[i] {
			t.Errorf("declared, and seen nowhere: %s (%s, %s)", f.What, f.Operations, f.Aspect)
		}
	}
}

// observe does an operation within bounded time.
func observe(t *testing.T, op Operation, at Target) Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return op.Do(ctx, at)
}
