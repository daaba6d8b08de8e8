package manifold_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func TestExampleNamesAllPictures(t *testing.T) {
	oiptest.NeedsRuntime(t)
	gateway := start(t, exampleResources(t), manifold.Options{})
	namesAllPictures(t, gateway)
}

// The same graph, with its models on another gateway that is reached over gRPC.
func TestExampleNamesAllPicturesOverGRPCUpstream(t *testing.T) {
	oiptest.NeedsRuntime(t)
	models := exampleResources(t)
	models.InferenceGraphs = nil
	upstream := start(t, models, manifold.Options{})

	graph := exampleResources(t)
	graph.InferenceServices = nil
	graph.ModelServers = load(t, fmt.Sprintf(`
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: models}
spec: {targets: [%q]}
`, upstream.Addresses().GRPC)).ModelServers
	namesAllPictures(t, start(t, graph, manifold.Options{}))
}

func namesAllPictures(t *testing.T, gateway *running) {
	t.Helper()
	for label, picture := range pictures(t) {
		if got := gateway.classifyREST(t, "image-processing-graph", picture); got != label {
			t.Errorf("REST: %s is called %s", label, got)
		}
		if got := gateway.classifyGRPC(t, "image-processing-graph", picture); got != label {
			t.Errorf("gRPC: %s is called %s", label, got)
		}
	}
	if status, body := get(t, gateway.rest+"/v2/models/image-processing-graph/ready"); status != 200 || !strings.Contains(body, "image-processing-graph") {
		t.Errorf("ready: %d %s", status, body)
	}
}
