package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
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
	if got := statusOf(shown(infer.At("upstream u", infer.TooLarge("its answer is too large")))); got != 413 {
		t.Errorf("a message that is too large is %d, which clients try again", got)
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
	if e := infer.Errorf(codes.NotFound, "as it is"); !errors.Is(shown(e), e) || infer.AsError(shown(e)).Cause != nil {
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

// TestPanicOutsideOfTheInterceptors: routing itself breaks; the client still gets the one error body.
func TestPanicOutsideOfTheInterceptors(t *testing.T) {
	t.Parallel()
	e := &rest{readiness: newReadiness(nil), logger: slog.New(slog.DiscardHandler)} // without a mux
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v2", nil))
	if id := w.Header().Get("X-Request-Id"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "under id "+id+`"}`) {
		t.Errorf("%d %s, want 500 with id %s", w.Code, w.Body, id)
	}
	for name, began := range map[string]bool{"an answer has begun": true, "net/http drops the connection": false} {
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // net/http compares so
					t.Errorf("%s: panic is %v, want http.ErrAbortHandler", name, p)
				}
			}()
			tracked := &trackedWriter{ResponseWriter: httptest.NewRecorder()}
			defer e.recover(tracked, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			if !began {
				panic(http.ErrAbortHandler)
			}
			_, _ = tracked.Write([]byte("half"))
			panic("the other half")
		}()
	}
}
