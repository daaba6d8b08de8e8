package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	all := models()
	all["broken"] = &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) { panic("broken") }}
	g := start(t, &catalog{models: all})
	for _, name := range []string{"echo", "echo", "nobody", "../x", "somebody", "broken"} {
		_, _ = g.client.ModelInfer(t.Context(), small(name))
	}
	_, _ = g.client.ServerLive(t.Context(), &inferencepb.ServerLiveRequest{}) // is not counted
	g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON)
	g.do(t, http.MethodPost, "/v2/models/echo/infer", "{")
	g.drained(t)
	if err := testutil.GatherAndCompare(g.registry, strings.NewReader(`
		# HELP manifold_inflight_bytes Bytes of messages that are charged to inference requests being served.
		# TYPE manifold_inflight_bytes gauge
		manifold_inflight_bytes 0
		# HELP manifold_inflight_requests Inference requests that are being served.
		# TYPE manifold_inflight_requests gauge
		manifold_inflight_requests 0
		# HELP manifold_requests_total Inference requests that ended, by model or graph, protocol and gRPC code.
		# TYPE manifold_requests_total counter
		manifold_requests_total{code="OK",model="echo",protocol="grpc"} 2
		manifold_requests_total{code="OK",model="echo",protocol="rest"} 1
		manifold_requests_total{code="Internal",model="broken",protocol="grpc"} 1
		manifold_requests_total{code="NotFound",model="unknown",protocol="grpc"} 2
		manifold_requests_total{code="InvalidArgument",model="unknown",protocol="grpc"} 1
		manifold_requests_total{code="InvalidArgument",model="echo",protocol="rest"} 1
	`), "manifold_inflight_bytes", "manifold_inflight_requests", "manifold_requests_total"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(g.registry, "manifold_request_duration_seconds"); err != nil || n != 4 {
		t.Errorf("%d histograms, %v; want one for each model and protocol", n, err)
	}
}

// TestRequestLog: one line for each request, at debug; never more of a name than is valid.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	_, _ = g.client.ModelInfer(t.Context(), small("echo"))
	_, _ = g.client.ModelInfer(t.Context(), small("evil\nname"))
	g.drained(t)
	text := g.log.String()
	for _, want := range []string{
		`"level":"DEBUG","msg":"request","id":"`,
		`"protocol":"grpc","method":"/inference.GRPCInferenceService/ModelInfer","model":"echo","code":"OK"`,
		`"model":"","code":"InvalidArgument"`,
	} {
		if strings.Count(text, want) == 0 {
			t.Errorf("the log has no %s:\n%s", want, text)
		}
	}
	if n := strings.Count(text, `"msg":"request"`); n != 2 {
		t.Errorf("%d lines for 2 requests:\n%s", n, text)
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	fault := error(nil)
	g := start(t, &catalog{models: models(), ready: func() error { return fault }})
	if _, err := g.client.ModelInfer(t.Context(), small("echo")); err != nil {
		t.Fatal(err)
	}
	check := func(path string, status int, want string) {
		t.Helper()
		got := g.doAt(t, g.at.Admin, http.MethodGet, path, strings.NewReader(""))
		if got.status != status || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %.200s, want %d with %q", path, got.status, got.body, status, want)
		}
	}
	check("/metrics", 200, "manifold_requests_total")
	check("/healthz", 200, "ok\n")
	check("/readyz", 200, "ok\n")
	check("/debug/pprof/", 200, "goroutine")
	check("/nowhere", 404, "")
	fault = infer.Errorf(codes.Unavailable, "no upstream answers")
	check("/readyz", 503, "the server is not ready: no upstream answers\n")
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if got := g.do(t, http.MethodGet, path, ""); got.status != http.StatusNotFound {
			t.Errorf("REST %s: %d, want 404", path, got.status)
		}
	}
}

// TestRegistryIsTaken: two servers would add up their counts.
func TestRegistryIsTaken(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	if _, err := server.New(&catalog{}, server.Options{}, server.Deps{Registry: g.registry}); err == nil {
		t.Error("New succeeded")
	}
}
