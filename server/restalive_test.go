package server_test

import (
	"net/http"
	"testing"

	"github.com/manifold-serving/manifold/server"
)

// KServe's InferenceRESTClient with protocol v1 asks the base URL whether the server is live, and reads the body.
func TestV1AliveBody(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/serving"} {
		g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.BasePath = base })
		if got := g.do(t, "GET", base+"/", ""); got.status != http.StatusOK || got.body != `{"status":"alive"}` {
			t.Errorf("%s: %d %s", base, got.status, got.body)
		}
	}
}
