package server_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// TestUnknownModelWhateverTheBody: who mistypes a name is told so, and not what else is wrong.
func TestUnknownModelWhateverTheBody(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, body := range []string{"", "{}", "hello", smallJSON, strings.Repeat(" ", 1<<20)} {
		for _, path := range []string{"/v2/models/nope/infer", "/v2/models/echo/versions/9/infer"} {
			if got := g.do(t, http.MethodPost, path, body); got.status != http.StatusNotFound {
				t.Errorf("%s with %.20q: status %d: %s; want 404", path, body, got.status, got.body)
			}
		}
	}
	bad := &inferencepb.ModelInferRequest{ModelName: "nope", Inputs: []*inferencepb.ModelInferRequest_InferInputTensor{{Name: "x"}}}
	if _, err := g.client.ModelInfer(t.Context(), bad); status.Code(err) != codes.NotFound {
		t.Errorf("gRPC: %v, want NOT_FOUND", err)
	}
}

// asked counts how often a catalog is asked.
type asked struct {
	catalog
	times atomic.Int64
}

func (a *asked) Model(ctx context.Context, name, version string) (infer.Model, error) {
	a.times.Add(1)
	return a.catalog.Model(ctx, name, version)
}

// TestCatalogIsAskedOnce a call: behind it may be servers.
func TestCatalogIsAskedOnce(t *testing.T) {
	t.Parallel()
	a := &asked{catalog: catalog{models: models()}}
	g := start(t, a)
	if got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON); got.status != http.StatusOK || a.times.Load() != 1 {
		t.Errorf("status %d, asked %d times", got.status, a.times.Load())
	}
}
