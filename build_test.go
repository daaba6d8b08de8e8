package manifold_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func graphYAML(name, steps string) string {
	return fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: %s}
spec: {nodes: {root: {routerType: Sequence, steps: [%s]}}}
`, name, steps)
}

func modelServerYAML(name, address string, models ...string) string {
	text, _ := json.Marshal(models)
	return fmt.Sprintf("---\napiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: %s}\nspec: {targets: [%q], models: %s}\n", name, address, text)
}

// label asks over gRPC and returns the label that came back.
func (r *running) label(t *testing.T, model string) string {
	t.Helper()
	resp, err := r.grpc.ModelInfer(t.Context(), echoRequest(model))
	if err != nil {
		return err.Error()
	}
	return string(resp.RawOutputContents[0][4:])
}

// What a serviceName and a serviceUrl may stand for.
func TestTargetsOfSteps(t *testing.T) {
	t.Parallel()
	address := oiptest.Serve(t, oiptest.Models{"listed": oiptest.Label("listed"), "named": oiptest.Label("named"), "their-name": oiptest.Label("annotated")})
	gateway := start(t, load(t, modelServerYAML("exact", address, "named")+modelServerYAML("all", address, "*")+fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: service, annotations: {manifold.dev/target: %q}}
spec: {predictor: {model: {modelFormat: {name: sklearn}}}}
`, address+"/their-name")+
		graphYAML("by-name", "{serviceName: named}")+
		graphYAML("by-index", "{serviceName: listed}")+
		graphYAML("by-service", "{serviceName: service}")+
		graphYAML("by-graph", "{serviceName: by-name}")+
		graphYAML("by-url", fmt.Sprintf(`{serviceUrl: "grpc://%s/listed"}`, address))+
		graphYAML("late", "{serviceName: not-there-yet}")), manifold.Options{})
	for model, want := range map[string]string{
		"by-name": "named", "by-index": "listed", "by-service": "annotated", "by-graph": "named", "by-url": "listed",
		"service": "annotated", "named": "named", "listed": "listed",
	} {
		if got := gateway.label(t, model); got != want {
			t.Errorf("%s: %s, want %s", model, got, want)
		}
	}
	if got := gateway.label(t, "late"); !strings.Contains(got, "Request for unknown model: 'not-there-yet' is not found") {
		t.Errorf("a model that no server has: %s", got)
	}
	if code, body := get(t, gateway.rest+"/v2/models/late/ready"); code != http.StatusServiceUnavailable {
		t.Errorf("a graph without its model is ready: %d %s", code, body)
	}
	if _, err := gateway.grpc.ModelInfer(t.Context(), &pb.ModelInferRequest{ModelName: "by-name", ModelVersion: "2"}); status.Code(err) != codes.NotFound {
		t.Errorf("version 2 of a graph: %v", err)
	}
}

func TestUnknownServicesAreRefusedWithTheNearestName(t *testing.T) {
	t.Parallel()
	resources := load(t, modelServerYAML("s", "127.0.0.1:1", "classifier")+graphYAML("g", "{serviceName: clasifier}"))
	_, err := manifold.Check(t.Context(), resources)
	const want = `stdin:13: InferenceGraph g: spec.nodes.root.steps[0]: service "clasifier" is not known, did you mean "classifier"?: define an InferenceService of that name, or a ModelServer that has the model`
	if err == nil || !strings.Contains(err.Error(), want[9:]) {
		t.Errorf("got  %v\nwant %v", err, want)
	}
}

// A model that does not load is known, not ready, and says why; the others serve. On a reload it keeps the configuration in force.
func TestModelsThatDoNotLoad(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "bad.onnx"), []byte("no network"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: broken}
spec: {predictor: {model: {modelFormat: {name: onnx}, storageUri: %q}}}
`, "file://"+filepath.Join(folder, "bad.onnx"))
	address := oiptest.Serve(t, oiptest.Models{"fine": oiptest.Label("fine")})
	gateway := start(t, load(t, modelServerYAML("s", address, "fine")+broken), manifold.Options{})
	if got := gateway.label(t, "fine"); got != "fine" {
		t.Error(got)
	}
	_, err := gateway.grpc.ModelInfer(t.Context(), echoRequest("broken"))
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), `model "broken" is not ready`) {
		t.Errorf("got %v", err)
	}
	good := start(t, load(t, modelServerYAML("s", address, "fine")), manifold.Options{})
	if err := good.tryReload(t, modelServerYAML("s", address, "fine")+broken); err == nil || !strings.Contains(err.Error(), "InferenceService broken") {
		t.Errorf("reload: %v", err)
	}
	if got := good.label(t, "fine"); got != "fine" {
		t.Error(got)
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	address := oiptest.Serve(t, oiptest.Models{"a": oiptest.Label("a"), "b": oiptest.Label("b")})
	gateway := start(t, load(t, modelServerYAML("s", address, "*")+graphYAML("g", "{serviceName: a}")), manifold.Options{})
	for kind, want := range map[string]string{"inferencegraphs": "g true", "inferenceservices": "", "models": "a true,b true,g true"} {
		code, body := get(t, "http://"+gateway.Addresses().Admin+"/resources/"+kind)
		var rows []manifold.Listed
		if err := json.Unmarshal([]byte(body), &rows); err != nil || code != http.StatusOK {
			t.Fatalf("%s: %d %s", kind, code, body)
		}
		var got []string
		for _, row := range rows {
			got = append(got, fmt.Sprint(row.Name, " ", row.Ready))
			if row.URL != gateway.rest+"/v2/models/"+row.Name {
				t.Errorf("%s: url %s", row.Name, row.URL)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

// One span for the call, one for each step under it, and one for each call upstream under that; and a duration for each step.
func TestStepsAreMeasuredAndTraced(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	address := oiptest.Serve(t, oiptest.Models{"a": oiptest.Identity()})
	gateway := start(t, load(t, modelServerYAML("s", address, "a")+graphYAML("g", "{name: first, serviceName: a}, {serviceName: a, data: $response}")),
		manifold.Options{Tracing: &manifold.Tracing{Provider: provider, Propagator: propagation.TraceContext{}}})
	if _, err := gateway.grpc.ModelInfer(t.Context(), echoRequest("g")); err != nil {
		t.Fatal(err)
	}
	_, metrics := get(t, "http://"+gateway.Addresses().Admin+"/metrics")
	for _, want := range []string{
		`manifold_step_duration_seconds_count{code="OK",graph="g",step="root/first"} 1`,
		`manifold_step_duration_seconds_count{code="OK",graph="g",step="root/2"} 1`,
		`manifold_requests_total{code="OK",model="g",protocol="grpc"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	children := map[string]string{} // names of spans by the name of their parent
	names := map[string]string{}
	for _, s := range spans.GetSpans() {
		names[s.SpanContext.SpanID().String()] = s.Name
	}
	for _, s := range spans.GetSpans() {
		if parent := names[s.Parent.SpanID().String()]; parent != "" {
			children[s.Name] = parent
		}
	}
	if children["step root/first"] != "inference.GRPCInferenceService/ModelInfer" || children["step root/2"] != "inference.GRPCInferenceService/ModelInfer" {
		t.Errorf("steps are not under their call: %v of %v", children, names)
	}
	if upstream := children["inference.GRPCInferenceService/ModelInfer"]; !strings.HasPrefix(upstream, "step root/") {
		t.Errorf("the call upstream is under %q", upstream)
	}
}

func TestCheckWarnsOfWhatCannotBeReached(t *testing.T) {
	t.Parallel()
	resources, err := config.Load([]string{example}, nil)
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := manifold.Check(t.Context(), resources)
	if err != nil || len(warnings) == 0 {
		t.Fatalf("%v, %v", warnings, err)
	}
	if !strings.Contains(strings.Join(warnings, "\n"), "graph image-processing-flat: node root: step 3 (plant)") {
		t.Errorf("got %q", warnings)
	}
}
