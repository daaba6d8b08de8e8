package server_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/server"
)

// sizes notes the compressed and the whole length of what a client receives.
type sizes struct{ wire, whole int }

func (*sizes) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*sizes) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*sizes) HandleConn(context.Context, stats.ConnStats)                       {}
func (s *sizes) HandleRPC(_ context.Context, event stats.RPCStats) {
	if in, ok := event.(*stats.InPayload); ok {
		s.wire, s.whole = in.CompressedLength, in.Length
	}
}

// TestP12_GRPCCompression: T17; grpc-go's client, with both compressors, there and back, for inference and for control calls.
func TestP12_GRPCCompression(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	data := bytes.Repeat([]byte{1, 2, 3, 4}, 10_000)
	for _, name := range []string{"gzip", "deflate"} {
		seen := &sizes{}
		client := inferencepb.NewGRPCInferenceServiceClient(dial(t, g.at.GRPC,
			grpc.WithDefaultCallOptions(grpc.UseCompressor(name)), grpc.WithStatsHandler(seen)))
		req := small("echo")
		req.Inputs[0].Shape, req.RawInputContents[0] = []int64{10_000}, data
		for range 3 {
			resp, err := client.ModelInfer(t.Context(), req)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff([][]byte{data}, resp.GetRawOutputContents()); diff != "" {
				t.Errorf("%s: raw contents differ", name)
			}
		}
		if seen.wire*10 > seen.whole || seen.whole < len(data) {
			t.Errorf("%s: the answer of %d bytes came in %d", name, seen.whole, seen.wire)
		}
		if live, err := client.ServerLive(t.Context(), &inferencepb.ServerLiveRequest{}); err != nil || !live.GetLive() {
			t.Errorf("%s: live is %v, %v", name, live, err)
		}
	}
}

// TestP12_GRPCBombs: a message is as large as what comes out of it.
func TestP12_GRPCBombs(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.Limits.MessageBytes = 1 << 20 })
	req := small("echo")
	req.Inputs[0].Shape, req.RawInputContents[0] = []int64{4 << 20}, make([]byte, 16<<20)
	for _, name := range []string{"gzip", "deflate"} {
		_, err := g.client.ModelInfer(t.Context(), req, grpc.UseCompressor(name))
		if s := status.Convert(err); s.Code() != codes.ResourceExhausted || !strings.Contains(s.Message(), "decompress") {
			t.Errorf("%s: %v; want RESOURCE_EXHAUSTED for what it is decompressed", name, err)
		}
	}
	if _, err := g.client.ModelInfer(t.Context(), small("echo"), grpc.UseCompressor("deflate")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	g.noBytesInFlight(t)
}
