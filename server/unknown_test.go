package server_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
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
