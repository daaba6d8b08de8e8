package manifold_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	manifold "github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// v1Server is a model server that speaks nothing but V1, has the model "legacy", and sends what it was sent back; "/any" is a path of its
// own. Its predictions are the instances.
func v1Server(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch r.Method + " " + r.URL.Path {
		case "GET /v1/models":
			_, _ = io.WriteString(w, `{"models":["legacy"]}`)
		case "GET /v1/models/legacy":
			_, _ = io.WriteString(w, `{"name":"legacy","ready":true}`)
		case "POST /v1/models/legacy:predict":
			_, _ = io.WriteString(w, strings.Replace(string(body), "instances", "predictions", 1))
		case "POST /any":
			_, _ = fmt.Fprintf(w, `{"any":%s}`, body)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":"Model with name x does not exist."}`)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestUpstreamsOverHTTP: law 9, over every way to a server.
func TestUpstreamsOverHTTP(t *testing.T) {
	t.Parallel()
	oip := start(t, load(t, modelServerYAML("all", oiptest.Serve(t, oiptest.Models{"label": oiptest.Label("cat")}), "*")), manifold.Options{})
	legacy := v1Server(t)
	v1 := strings.Replace(modelServerYAML("v1", legacy, "*"), "{targets", "{protocol: v1, targets", 1)
	gateway := start(t, load(t, modelServerYAML("v2", oip.rest, "label")+v1+fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: service, annotations: {manifold.dev/target: %q}}
spec: {predictor: {model: {modelFormat: {name: sklearn}}}}
`, legacy+"/v1/models/legacy:predict")+
		graphYAML("by-v2", fmt.Sprintf(`{serviceUrl: "%s/v2/models/label/infer"}`, oip.rest))+
		graphYAML("by-v1", fmt.Sprintf(`{serviceUrl: "%s/v1/models/legacy:predict"}`, legacy))+
		graphYAML("by-path", fmt.Sprintf(`{serviceUrl: "%s/any"}`, legacy))+
		graphYAML("late", "{serviceName: legacy}")+
		graphYAML("graphs", "{serviceName: by-v1}, {serviceName: by-path, data: $response}")), manifold.Options{})
	for _, model := range []string{"label", "by-v2"} {
		if got := gateway.label(t, model); got != "cat" {
			t.Errorf("%s: %s", model, got)
		}
	}
	const body = `{"instances":[[1,9007199254740993]],"more":1}`
	const back = `{"predictions":[[1,9007199254740993]],"more":1}`
	for model, want := range map[string]string{
		"legacy": back, "service": back, "by-v1": back, "late": back,
		"by-path": `{"any":` + body + `}`, "graphs": `{"any":` + back + `}`,
	} {
		if code, got := post(t, gateway.rest+"/v1/models/"+model+":predict", []byte(body)); code != http.StatusOK || got != want {
			t.Errorf("%s: %d %s, want %s", model, code, got, want)
		}
	}
	// Tensors reach them as well, and come back.
	request := &pb.ModelInferRequest{
		Id: "7", Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "INT32", Shape: []int64{2}}},
		RawInputContents: [][]byte{{1, 0, 0, 0, 2, 0, 0, 0}},
	}
	for _, model := range []string{"legacy", "service", "by-v1", "late"} {
		request.ModelName = model
		resp, err := gateway.grpc.ModelInfer(t.Context(), request)
		if err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		if o := resp.GetOutputs()[0]; o.GetName() != "predictions" || o.GetDatatype() != "INT64" || len(resp.GetRawOutputContents()[0]) != 16 || resp.GetId() != "7" {
			t.Errorf("%s: %v", model, resp)
		}
	}
	if code, got := get(t, gateway.rest+"/v1/models/legacy"); code != http.StatusOK || got != `{"name":"legacy","ready":true}` {
		t.Errorf("%d %s", code, got)
	}
	if code, got := post(t, gateway.rest+"/v1/models/none:predict", []byte(body)); code != http.StatusNotFound {
		t.Errorf("%d %s", code, got)
	}
}

// A graph in which documents flow has leaves that take tensors; they are translated for.
func TestGraphOfBothForms(t *testing.T) {
	t.Parallel()
	v2 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /v2/models/m":
			_, _ = io.WriteString(w, `{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-1]}],"outputs":[]}`)
		case "POST /v2/models/m/infer":
			body, _ := io.ReadAll(r.Body)
			if !strings.Contains(string(body), `{"name":"x","datatype":"FP32","shape":[2],"data":[1,2.5]}`) {
				t.Errorf("%s", body)
			}
			_, _ = io.WriteString(w, `{"model_name":"m","outputs":[{"name":"y","datatype":"BYTES","shape":[2],"data":["a","b"]}]}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer v2.Close()
	gateway := start(t, load(t, graphYAML("mixed",
		fmt.Sprintf(`{serviceUrl: "%s/v2/models/m/infer"}, {serviceUrl: "%s/v1/models/legacy:predict", data: $response, mapPredictionsToInstances: true, condition: predictions.#(%%"a")}`,
			v2.URL, v1Server(t)))), manifold.Options{})
	code, got := post(t, gateway.rest+"/v1/models/mixed:predict", []byte(`{"instances":[1,2.5]}`))
	if code != http.StatusOK || got != `{"predictions":["a","b"]}` {
		t.Errorf("%d %s", code, got)
	}
}
