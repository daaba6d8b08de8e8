package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func TestAllowedNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "Resnet-50_v1.5": true, "0": true, strings.Repeat("a", 128): true,
		"": false, strings.Repeat("a", 129): false, ".": false, "..": false, ".a": false, "_a": false, "a/b": false, "a b": false,
		"a%2fb": false, "a\n": false, "é": false, "a..b": true, // two dots within are no way up
	} {
		if got := allowed(name); got != want {
			t.Errorf("allowed(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzAllowed(f *testing.F) {
	f.Add("../x")
	f.Fuzz(func(t *testing.T, name string) {
		if allowed(name) && (strings.ContainsAny(name, "/\\%\x00 \n") || name == ".." || len(name) > 128) {
			t.Errorf("%q is allowed", name)
		}
	})
}

// TestStatusTable is S-01: every code has its HTTP status.
func TestStatusTable(t *testing.T) {
	t.Parallel()
	want := map[codes.Code]int{
		codes.OK: 200, codes.Canceled: 499, codes.Unknown: 500, codes.InvalidArgument: 400, codes.DeadlineExceeded: 504,
		codes.NotFound: 404, codes.AlreadyExists: 409, codes.PermissionDenied: 403, codes.ResourceExhausted: 429,
		codes.FailedPrecondition: 400, codes.Aborted: 409, codes.OutOfRange: 400, codes.Unimplemented: 501, codes.Internal: 500,
		codes.Unavailable: 503, codes.DataLoss: 500, codes.Unauthenticated: 401,
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if got := statusOfCode(code); got != want[code] {
			t.Errorf("%v is %d, want %d", code, got, want[code])
		}
	}
	if got := statusOf(fmt.Errorf("outer: %w", shown(withStatus(413, codes.ResourceExhausted, "large")))); got != 413 {
		t.Errorf("the status of a shown error is %d, want 413", got)
	}
}

func TestShownIsBounded(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New(strings.Repeat("é", 5000)), errors.New("a\x00\x1b\u202eb\xff"),
		infer.At(strings.Repeat("x", 9000), errors.New("y")),
	} {
		text := shown(err).Error()
		if len(text) > maxErrorText+3 || strings.ContainsAny(text, "\x00\x1b\u202e") || !proto.Equal(roundTrip(t, text), text2proto(text)) {
			t.Errorf("%.100q has %d bytes", text, len(text))
		}
	}
	if e := infer.Errorf(codes.NotFound, "as it is"); shown(e) != error(e) {
		t.Error("a clean error was copied")
	}
	if shown(nil) != nil {
		t.Error("nil became an error")
	}
}

// text2proto and roundTrip show that a text can travel: protobuf refuses strings that are not UTF-8.
func text2proto(text string) proto.Message { return &inferencepb.ServerMetadataResponse{Name: text} }

func roundTrip(t *testing.T, text string) proto.Message {
	t.Helper()
	data, err := proto.Marshal(text2proto(text))
	if err != nil {
		t.Fatal(err)
	}
	var m inferencepb.ServerMetadataResponse
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := &budget{limit: 10}
	first, second := charge{budget: b}, charge{budget: b}
	if err := errors.Join(first.grow(4), first.grow(2), second.grow(6)); err != nil {
		t.Fatal(err)
	}
	if err := second.grow(7); infer.CodeOf(err) != codes.ResourceExhausted || b.used.Load() != 10 {
		t.Errorf("%v with %d in use; want RESOURCE_EXHAUSTED and 10", err, b.used.Load())
	}
	first.release()
	if err := second.grow(10); err != nil {
		t.Error(err)
	}
	second.release()
	second.release() // does nothing
	if b.used.Load() != 0 {
		t.Errorf("%d are in use at the end", b.used.Load())
	}
}

// TestModelLabelIsBounded: C16; no client can make more series than there are models, nor models more than the bound.
func TestModelLabelIsBounded(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m, err := newMetrics(registry, &budget{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxModels {
		c := &call{method: inferencepb.GRPCInferenceService_ModelInfer_FullMethodName, protocol: protocolGRPC, model: fmt.Sprint("m", i), known: i%4 != 0}
		_ = m.measure(t.Context(), c, func() error { return nil })
	}
	if n := testutil.CollectAndCount(m.requests); n != maxModels+1 { // "other" is one more
		t.Errorf("%d series, want %d", n, maxModels+1)
	}
}

// slow is a body that never comes; deadline is what its reader sets.
type slow struct{ deadline time.Time }

func (s *slow) SetReadDeadline(d time.Time) error {
	s.deadline = d
	return nil
}

func (s *slow) Read([]byte) (int, error) {
	if s.deadline.IsZero() {
		return 0, errors.New("there is no deadline")
	}
	return 0, os.ErrDeadlineExceeded
}

// TestSlowBody: C6.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := &slow{}
	r := bodyReader{source: s, length: 100, limit: 100, budget: &budget{limit: 1000}, buffers: oiptest.NewPool(t), control: s}
	_, err := r.read()
	if statusOf(err) != http.StatusRequestTimeout || infer.CodeOf(err) != codes.DeadlineExceeded {
		t.Errorf("%v is %d, want 408", err, statusOf(err))
	}
	if !s.deadline.IsZero() || r.budget.used.Load() != 0 {
		t.Errorf("afterwards the deadline is %v and %d bytes are charged", s.deadline, r.budget.used.Load())
	}
}

// TestBodies: lengths around those at which the buffer grows.
func TestBodies(t *testing.T) {
	t.Parallel()
	const limit = 5 << 20
	text := strings.Repeat("0123456789", limit/10+1)
	for _, n := range []int{0, 1, firstUnknown - 1, firstUnknown, firstUnknown + 1, firstKnown, firstKnown + 1, limit} {
		for _, length := range []int64{-1, int64(n)} {
			r := bodyReader{
				source: strings.NewReader(text[:n]), length: length, limit: limit, budget: &budget{limit: 4 * limit},
				buffers: oiptest.NewPool(t), control: &slow{},
			}
			b, err := r.read()
			if err != nil {
				t.Fatal(err)
			}
			if got := string(b.bytes()); got != text[:n] {
				t.Errorf("%d bytes, announced %d: got %d", n, length, len(got))
			}
			b.free()
			if r.budget.used.Load() != 0 {
				t.Errorf("%d bytes, announced %d: %d are still charged", n, length, r.budget.used.Load())
			}
		}
	}
	r := bodyReader{source: strings.NewReader("ab"), length: 3, limit: 9, budget: &budget{limit: 9}, buffers: oiptest.NewPool(t), control: &slow{}}
	if _, err := r.read(); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("a body that breaks off: %v, want INVALID_ARGUMENT", err)
	}
	r = bodyReader{source: strings.NewReader("ab"), length: -1, limit: limit, budget: &budget{limit: 9}, buffers: oiptest.NewPool(t), control: &slow{}}
	if _, err := r.read(); infer.CodeOf(err) != codes.ResourceExhausted {
		t.Errorf("a body without room: %v, want RESOURCE_EXHAUSTED", err)
	}
}

// TestBoundedListener: a connection above the bound is accepted when another one closes.
func TestBoundedListener(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	var dialer net.Dialer
	for range 2 {
		conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first := <-accepted
	if n := len(l.(*boundedListener).slots); n != 1 {
		t.Errorf("%d slots are taken, want 1", n)
	}
	_ = first.Close()
	_ = first.Close() // gives no second slot
	second := <-accepted
	if err := l.Close(); err != nil { // while Accept waits for a slot
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept ends with %v", err)
	}
	_ = second.Close()
}

// flipping is a catalog that can be ready and not.
type flipping struct {
	Catalog
	fault atomic.Pointer[infer.Error]
}

func (f *flipping) Ready(context.Context) error {
	if err := f.fault.Load(); err != nil {
		return err
	}
	return nil
}

// watcher is the sending end of a watch.
type watcher struct {
	grpc.ServerStream
	ctx  context.Context //nolint:containedctx // as in grpc.ServerStream
	sent []grpc_health_v1.HealthCheckResponse_ServingStatus
}

func (w *watcher) Context() context.Context { return w.ctx }

func (w *watcher) Send(resp *grpc_health_v1.HealthCheckResponse) error {
	w.sent = append(w.sent, resp.GetStatus())
	return nil
}

// TestWatchFollowsReadiness: each change is told once, within the interval.
func TestWatchFollowsReadiness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &flipping{}
		h := &health{readiness: newReadiness(c)}
		ctx, cancel := context.WithCancel(t.Context())
		w := &watcher{ctx: ctx}
		done := make(chan error, 1)
		go func() { done <- h.Watch(&grpc_health_v1.HealthCheckRequest{}, w) }()
		for _, fault := range []*infer.Error{nil, {Reason: "x"}, {Reason: "y"}, nil} {
			synctest.Wait()
			c.fault.Store(fault)
			time.Sleep(3 * watchInterval) // of the bubble's clock
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ends with %v", err)
		}
		want := fmt.Sprint([]string{"SERVING", "NOT_SERVING", "SERVING"})
		if got := fmt.Sprint(w.sent); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// TestControlJSON: R-04; ours is protojson's meaning, with numbers for 64-bit integers and in one form.
func TestControlJSON(t *testing.T) {
	t.Parallel()
	config := &inferencepb.ModelConfig{
		Name: "m<&>", MaxBatchSize: 8,
		Input:      []*inferencepb.ModelInput{{Name: "x", DataType: inferencepb.DataType_TYPE_FP32, Dims: []int64{-1, 1 << 60}}},
		Parameters: map[string]*inferencepb.ModelParameter{"b": {StringValue: "2"}, "a": {StringValue: "1"}},
	}
	stats := &inferencepb.ModelStatisticsResponse{ModelStats: []*inferencepb.ModelStatistics{{Name: "m", InferenceCount: 1 << 63}}}
	parameter := &inferencepb.ModelInferRequest{Parameters: map[string]*inferencepb.InferParameter{
		"d": {ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: 0.1}},
		"f": {ParameterChoice: &inferencepb.InferParameter_BoolParam{}},
	}, RawInputContents: [][]byte{{0xff}}}
	for _, m := range []proto.Message{config, stats, parameter, &inferencepb.ServerMetadataResponse{}} {
		text, err := controlJSON{}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := m.ProtoReflect().New().Interface()
		if err := (protojson.UnmarshalOptions{}).Unmarshal(text, back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !proto.Equal(m, back) {
			t.Errorf("%s reads back as %v", text, back)
		}
	}
	text, _ := controlJSON{}.Marshal(config)
	for _, want := range []string{`"name":"m<&>"`, `"dims":[-1,1152921504606846976]`, `"max_batch_size":8`, `"platform":""`, `"parameters":{"a":{"string_value":"1"},"b"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", text, want)
		}
	}
	if strings.Contains(string(text), "null") {
		t.Errorf("%s has a null", text)
	}
}

func TestControlJSONReads(t *testing.T) {
	t.Parallel()
	var req inferencepb.RepositoryIndexRequest
	if err := (controlJSON{}).NewDecoder(strings.NewReader(`{"ready":true,"unknown":1}`)).Decode(&req); err != nil || !req.GetReady() {
		t.Errorf("%v, %v", &req, err)
	}
	if err := (controlJSON{}).NewDecoder(strings.NewReader("")).Decode(&req); !errors.Is(err, io.EOF) {
		t.Errorf("an empty body: %v, want io.EOF", err)
	}
	if err := (controlJSON{}).Unmarshal([]byte("{}"), new(int)); err == nil {
		t.Error("an int was read")
	}
	var out strings.Builder
	if err := (controlJSON{}).NewEncoder(&out).Encode(&req); err != nil || out.String() != `{"repository_name":"","ready":true}` {
		t.Errorf("%s, %v", out.String(), err)
	}
}
