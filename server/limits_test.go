package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

func limit(change func(*server.Limits)) func(*server.Options, *server.Deps) {
	return func(o *server.Options, _ *server.Deps) { change(&o.Limits) }
}

// unpooled is for calls that are cut off while they send: grpc-go leaves what it has not read to the garbage collector.
func unpooled(_ *server.Options, d *server.Deps) { d.Buffers = nil }

func bytesRequest(size int) *inferencepb.ModelInferRequest {
	return &inferencepb.ModelInferRequest{
		ModelName:        "echo",
		Inputs:           []*inferencepb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "UINT8", Shape: []int64{int64(size)}}},
		RawInputContents: [][]byte{make([]byte, size)},
	}
}

// jsonOf is a body of exactly that size.
func jsonOf(size int) string {
	return smallJSON + strings.Repeat(" ", size-len(smallJSON))
}

// TestMessageLimit: C5; on every edge the largest message passes, and one byte more does not.
func TestMessageLimit(t *testing.T) {
	t.Parallel()
	const most = 100 * 1024
	g := start(t, &catalog{models: models()}, unpooled, limit(func(l *server.Limits) { l.MessageBytes = most }))
	for _, tt := range []struct {
		size int
		code codes.Code
	}{{most - 100, codes.OK}, {most, codes.ResourceExhausted}} {
		if _, err := g.client.ModelInfer(t.Context(), bytesRequest(tt.size)); status.Code(err) != tt.code {
			t.Errorf("gRPC, %d bytes of tensor: %v, want %v", tt.size, err, tt.code)
		}
	}
	for _, tt := range []struct{ size, status int }{{most, 200}, {most + 1, 413}, {most * 3, 413}} {
		for name, body := range map[string]io.Reader{
			"announced": strings.NewReader(jsonOf(tt.size)),
			"chunked":   io.MultiReader(strings.NewReader(jsonOf(tt.size))),
		} {
			got := g.doAt(t, g.at.REST, http.MethodPost, "/v2/models/echo/infer", body)
			if got.status != tt.status {
				t.Errorf("REST, %d bytes %s: %d, want %d: %s", tt.size, name, got.status, tt.status, got.body)
			}
			if tt.status != http.StatusOK {
				checkError(t, got.body, "the body is larger than 102400 bytes, the most that one message may have; send less, or raise limits.messageBytes")
			}
		}
	}
}

// TestInflightBytes: while one call holds the budget, another is refused on both edges; then all is given back.
func TestInflightBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		held int
		pool func(*server.Options, *server.Deps)
	}{
		{"refused after reading", 300 * 1024, func(*server.Options, *server.Deps) {}},
		{"refused before reading", 500 * 1024, unpooled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			entered, leave := make(chan struct{}), make(chan struct{})
			all := models()
			all["blocked"] = &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
				entered <- struct{}{}
				<-leave
				return echo(req)
			}}
			g := start(t, &catalog{models: all}, tt.pool, limit(func(l *server.Limits) { l.MessageBytes, l.InflightBytes = 512*units.KiB, 512*units.KiB }))
			done := make(chan error, 1)
			held := bytesRequest(tt.held)
			held.ModelName = "blocked"
			go func() {
				_, err := g.client.ModelInfer(context.WithoutCancel(t.Context()), held)
				done <- err
			}()
			<-entered
			var trailer metadata.MD
			_, err := g.client.ModelInfer(t.Context(), bytesRequest(300*1024), grpc.Trailer(&trailer))
			if status.Code(err) != codes.ResourceExhausted || len(trailer.Get("grpc-retry-pushback-ms")) != 1 {
				t.Errorf("gRPC: %v, %v, want RESOURCE_EXHAUSTED and when to come back", err, trailer)
			}
			got := g.do(t, http.MethodPost, "/v2/models/echo/infer", jsonOf(300*1024))
			if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "limits.inflightBytes") {
				t.Errorf("REST: %d %v %s, want 429", got.status, got.header, got.body)
			}
			close(leave)
			if err := <-done; err != nil {
				t.Errorf("the call that held the budget: %v", err)
			}
			g.noBytesInFlight(t)
		})
	}
}

// noBytesInFlight stops the server and wants its budget whole.
func (g *gateway) noBytesInFlight(t *testing.T) {
	t.Helper()
	g.drained(t)
	if err := testutil.GatherAndCompare(g.registry, strings.NewReader(`
		# HELP manifold_inflight_bytes Bytes of messages that are charged to inference requests being served.
		# TYPE manifold_inflight_bytes gauge
		manifold_inflight_bytes 0
	`), "manifold_inflight_bytes"); err != nil {
		t.Error(err)
	}
}

// drained stops the server, so that every call has ended.
func (g *gateway) drained(t *testing.T) {
	t.Helper()
	g.stop()
	err := <-g.stopped
	g.stopped <- err
}

// TestHeaderBombs: C9. What is far too large may find its connection closed before it is sent.
func TestHeaderBombs(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	got := g.do(t, http.MethodGet, "/v2/health/live", "", "x-large", strings.Repeat("a", 21*1024))
	if got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("REST: %d, want 431", got.status)
	}
	var many []string
	for i := range 3000 {
		many = append(many, fmt.Sprintf("x-%d", i), "12345678")
	}
	for name, headers := range map[string][]string{"one of 64 KiB": {"x-large", strings.Repeat("a", 64*1024)}, "3000 small": many} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), headers...)
		if _, err := g.client.ModelInfer(ctx, small("echo")); err == nil {
			t.Errorf("gRPC, %s: no error", name)
		}
	}
	if _, err := g.client.ModelInfer(t.Context(), small("echo"), grpc.WaitForReady(true)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSettings: what a connection may do is told to it in HTTP/2's first frame.
func TestSettings(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, limit(func(l *server.Limits) { l.StreamsPerConnection = 7 }))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.at.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	emptySettings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+emptySettings); err != nil {
		t.Fatal(err)
	}
	header := make([]byte, 9) // length 3, type 1, flags 1, stream 4
	if _, err := io.ReadFull(conn, header); err != nil || header[3] != 4 {
		t.Fatalf("the first frame is %x, %v; want SETTINGS", header, err)
	}
	body := make([]byte, binary.BigEndian.Uint32(header)>>8)
	if _, err := io.ReadFull(conn, body); err != nil {
		t.Fatal(err)
	}
	got := map[uint16]uint32{}
	for ; len(body) >= 6; body = body[6:] {
		got[binary.BigEndian.Uint16(body)] = binary.BigEndian.Uint32(body[2:])
	}
	if got[3] != 7 || got[6] != 16*1024 {
		t.Errorf("settings = %v; want 7 concurrent streams (3) and 16384 bytes of headers (6)", got)
	}
}

// TestResponsesAreFreed: a model's answer goes back to its pool on both edges, edited or not, also when it cannot be JSON.
func TestResponsesAreFreed(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	answers := func(name string, datatype infer.DataType) *model {
		return &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) {
			data := pool.Split(make([]byte, 8*1024), 8*1024)
			return infer.NewResponse(infer.Head{ModelName: name, ID: "7"}, []infer.TensorData{
				{Name: "y", DataType: datatype, Shape: infer.Shape{8 * 1024 / int64(datatype.Size())}, Data: data[0]},
			}), nil
		}}
	}
	g := start(t, &catalog{models: map[string]infer.Model{
		"as-it-is": answers("as-it-is", infer.FP32), "renamed": answers("inner", infer.FP32), "half": answers("half", infer.FP16),
	}})
	for name, want := range map[string]int{"as-it-is": 200, "renamed": 200, "half": 400} {
		if _, err := g.client.ModelInfer(t.Context(), small(name)); err != nil {
			t.Errorf("gRPC, %s: %v", name, err)
		}
		if got := g.do(t, http.MethodPost, "/v2/models/"+name+"/infer", smallJSON); got.status != want {
			t.Errorf("REST, %s: %d, want %d: %.200s", name, got.status, want, got.body)
		}
	}
	g.drained(t)
	if pool.Taken() != 6 {
		t.Errorf("%d answers were made, want 6", pool.Taken())
	}
}

// TestTwoMessagesInAUnaryCall: C12; the second is refused, and the first one's buffers come back (the fixture's pool counts).
func TestTwoMessagesInAUnaryCall(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	stream, err := g.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, inferencepb.GRPCInferenceService_ModelInfer_FullMethodName)
	if err != nil {
		t.Fatal(err)
	}
	req := bytesRequest(8 * 1024)
	for range 2 {
		if err := stream.SendMsg(req); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(&inferencepb.ModelInferResponse{}); status.Code(err) != codes.Internal {
		t.Errorf("%v, want INTERNAL", err)
	}
}

// TestBodyIsReadOnce: a large body in small pieces arrives whole, through buffers that grow.
func TestLargeBodyInPieces(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	text := strings.Repeat("née", 1<<18)
	body := `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["` + text + `"]}]}`
	for name, reader := range map[string]io.Reader{
		"announced": strings.NewReader(body), "chunked": io.MultiReader(bytes.NewReader([]byte(body[:7])), strings.NewReader(body[7:])),
	} {
		got := g.doAt(t, g.at.REST, http.MethodPost, "/v2/models/echo/infer", reader)
		if got.status != http.StatusOK || !strings.Contains(got.body, text) {
			t.Errorf("%s: status %d, %d bytes", name, got.status, len(got.body))
		}
	}
}
