//go:build linux

package interop

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/internal/interop/triton"
)

// world is one kind of server behind a gateway.
type world struct {
	name  string // a section of the table
	start func(*testing.T) *Server
	plan  plan
	lacks map[string]lack                                     // by operation
	perf  func(t *testing.T, gateway *Server, results *table) // what perf_analyzer does with it, if anything
}

// lack is what a server does not have: a pattern of what the client sees then, and why, for the document.
type lack struct{ says, why string }

func worlds() []world {
	return []world{embeddedWorld(), tritonWorld(), kserveWorld(), mlserverWorld(), mixedWorld()}
}

// embeddedWorld is the example, and a model for each datatype, in the gateway's own process.
func embeddedWorld() world {
	w := world{name: "The embedded runtime", plan: plan{Identity: map[string]port{}}}
	picture := tensor{Name: "image", Datatype: "BYTES", Shape: []int{1}}
	for datatype := range onnxTypes {
		w.plan.Identity[datatype] = port{Model: "identity-" + strings.ToLower(datatype), Input: "x", Output: "y"}
	}
	w.plan.Main = call{
		Model: "image-processing-graph", Inputs: []tensor{picture},
		Outputs: []tensor{{Name: "predictions", Datatype: "BYTES", Shape: []int{1}, Data: []string{"dog"}}},
	}
	w.plan.Labels = &call{
		Model: "high-level", Inputs: []tensor{picture},
		Outputs: []tensor{{Name: "scores", Datatype: "BYTES", Shape: []int{1, 2}, Data: []string{"*:0:animal", "*:1:plant"}}},
	}
	w.plan.V1 = &v1{Model: "identity-fp32", Instances: []any{1.0, 2.5}, Predictions: []any{1.0, 2.5}}
	w.start = func(t *testing.T) *Server {
		t.Helper()
		dog, err := os.ReadFile(filepath.Join("..", "..", "examples", "animals-and-plants", "pictures", "dog.png"))
		if err != nil {
			t.Fatal(err)
		}
		encoded := base64.StdEncoding.EncodeToString(dog)
		picture.Data = []string{encoded}
		w.plan.Main.Inputs[0], w.plan.Labels.Inputs[0] = picture, picture
		var resources strings.Builder
		folder := t.TempDir()
		for datatype, model := range w.plan.Identity {
			writeIdentity(t, filepath.Join(folder, model.Model), datatype)
			fmt.Fprintf(&resources, "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: %s}\n"+
				"spec: {predictor: {model: {modelFormat: {name: onnx}, protocolVersion: v2, storageUri: \"file:%s\"}}}\n---\n",
				model.Model, filepath.Join(folder, model.Model))
		}
		const example = "examples/animals-and-plants/"
		return lab.Gateway(t, resources.String(), "-f", example+"inference_services.yaml", "-f", example+"inference_graph.yaml")
	}
	return w
}

func column(n int, of func(int) int) []int {
	var all []int
	for i := range n {
		all = append(all, of(i))
	}
	return all
}

// tritonWorld is the real Triton.
func tritonWorld() world {
	vector := func(name string, of func(int) int) tensor {
		return tensor{Name: name, Datatype: "INT32", Shape: []int{1, 16}, Data: column(16, of)}
	}
	w := world{name: "Triton", plan: plan{
		Main: call{
			Model: "simple",
			Inputs: []tensor{
				vector("INPUT0", func(i int) int { return 3 * i }), vector("INPUT1", func(i int) int { return i - 8 }),
			},
			Outputs: []tensor{
				vector("OUTPUT0", func(i int) int { return 4*i - 8 }), vector("OUTPUT1", func(i int) int { return 2*i + 8 }),
			},
		},
		Labels: &call{
			Model:  "label",
			Inputs: []tensor{{Name: "INPUT0", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{0.125, 0.5, 0.25, 0.0625}}},
			Outputs: []tensor{{
				Name: "OUTPUT0", Datatype: "BYTES", Shape: []int{1, 4}, Data: []string{"*:1:dog", "*:2:a bird", "*:0:cat", "*:3"},
			}},
		},
		Identity: map[string]port{},
		Bytes:    &port{Model: "identity_bytes", Input: "INPUT0", Output: "OUTPUT0"},
		Slow:     &port{Model: "slow", Input: "MS", Datatype: "INT32", Shape: []int{1}},
		Repeat:   &port{Model: "repeat", Input: "IN", Output: "OUT"},
		Sequence: &port{Model: "sequence", Input: "INPUT", Output: "OUTPUT"},
		Generate: &port{Model: "llm", Input: "PROMPT", Output: "TEXT"},
		V1:       &v1{Model: "vector_fp32", Instances: []any{[]any{1.0, 2.5}, []any{3.0, 4.0}}, Predictions: []any{[]any{1.0, 2.5}, []any{3.0, 4.0}}},
	}}
	for _, d := range []string{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64"} {
		w.plan.Identity[d] = port{Model: "identity", Input: d, Output: "OUT_" + d}
	}
	w.start = func(t *testing.T) *Server {
		t.Helper()
		return lab.Gateway(t, UpstreamTo(startTriton(t)))
	}
	w.perf = func(t *testing.T, gateway *Server, results *table) {
		t.Helper()
		perfAnalyzer(t, gateway, results, "simple", perfModes(), "-m", "simple")
		perfAnalyzer(t, gateway, results, "repeat (decoupled)", perfStreams(), "-m", "repeat", "--input-data", repeatData(t))
		perfAnalyzer(t, gateway, results, "sequence", perfStreams(), "-m", "sequence")
	}
	return w
}

// startTriton starts Triton with the repository that reaches every corner.
func startTriton(t *testing.T, flags ...string) *Server {
	t.Helper()
	repository := t.TempDir()
	if err := triton.Write(repository); err != nil {
		t.Fatal(err)
	}
	return lab.Triton(t, repository, append([]string{"--exit-on-error=false", "--strict-readiness=false"}, flags...)...)
}

// numpyTypes are the datatypes that the Python servers have.
func numpyTypes(model, input, output string) map[string]port {
	all := map[string]port{}
	for _, d := range []string{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64"} {
		all[d] = port{Model: model, Input: input, Output: output}
	}
	return all
}

// kserveWorld is KServe's Python model server.
func kserveWorld() world {
	w := world{name: "KServe", plan: plan{
		Main: call{
			Model:   "kserve-double",
			Inputs:  []tensor{{Name: "x", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{1, 2.5, -3, 0}}},
			Outputs: []tensor{{Name: "x", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{2, 5, -6, 0}}},
		},
		Labels: &call{
			Model:   "kserve-double",
			Inputs:  []tensor{{Name: "x", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{1, 2.5, -3, 0}}},
			Outputs: []tensor{{Name: "x", Datatype: "BYTES", Shape: []int{1, 4}, Data: []string{"*:1", "*:0", "*:3", "*:2"}}},
		},
		Identity: numpyTypes("kserve-echo", "x", "x"),
		Bytes:    &port{Model: "kserve-echo", Input: "x", Output: "x"},
		Slow:     &port{Model: "kserve-slow", Input: "ms", Datatype: "INT32", Shape: []int{1}},
		V1:       &v1{Model: "kserve-double", Instances: []any{[]any{1.0, 2.5}, []any{3.0, 4.0}}, Predictions: []any{[]any{2.0, 5.0}, []any{6.0, 8.0}}},
	}}
	w.plan.Identity["FP16"] = port{Model: "kserve-echo", Input: "x", Output: "x"}
	w.lacks = map[string]lack{
		"unknown_version": accepts("every version: it has none"),
		"wrong_shape":     accepts("every shape; a model may check it"),
		"wrong_datatype":  accepts("every datatype; a model may check it"),
		"missing_input":   accepts("a request without inputs; a model may check it"),
	}
	w.start = func(t *testing.T) *Server {
		t.Helper()
		// It has no index, so its models are named.
		return lab.Gateway(t, fmt.Sprintf("apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: kserve}\n"+
			"spec: {targets: [%q], models: [kserve-double, kserve-echo, kserve-fail, kserve-slow]}\n", lab.KServe(t, "kserve/server.py").GRPC))
	}
	return w
}

// mlserverWorld is MLServer.
func mlserverWorld() world {
	w := world{name: "MLServer", plan: plan{
		Main: call{
			Model:   "mlserver-sum",
			Inputs:  []tensor{{Name: "x", Datatype: "FP64", Shape: []int{1, 4}, Data: []float64{1, 2, 4, 8}}},
			Outputs: []tensor{{Name: "predict", Datatype: "FP64", Shape: []int{1, 1}, Data: []float64{15}}},
		},
		Labels: &call{
			Model:   "mlserver-echo",
			Inputs:  []tensor{{Name: "x", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{1, 2.5, -3, 0}}},
			Outputs: []tensor{{Name: "x", Datatype: "BYTES", Shape: []int{1, 4}, Data: []string{"*:1", "*:0", "*:3", "*:2"}}},
		},
		Identity: numpyTypes("mlserver-echo", "x", "x"),
		Bytes:    &port{Model: "mlserver-echo", Input: "x", Output: "x"},
		Slow:     &port{Model: "mlserver-slow", Input: "ms", Datatype: "INT32", Shape: []int{1}},
		V1:       &v1{Model: "mlserver-sum", Instances: []any{[]any{1.0, 2.0, 4.0, 8.0}}, Predictions: []any{[]any{15.0}}},
	}}
	w.lacks = map[string]lack{
		"wrong_datatype": accepts("every datatype that its runtime can convert"),
		"stream_final": {
			says: "it is not final",
			why: "MLServer does not say which answer of a stream is the last. The gateway marks none, and a client that sends " +
				"`triton_enable_empty_final_response` gets an empty final one",
		},
		"wrong_shape": {says: "got (500|StatusCode.INTERNAL), want", why: "the scikit-learn runtime answers a wrong shape as a fault of its own"},
	}
	w.start = func(t *testing.T) *Server {
		t.Helper()
		return lab.Gateway(t, UpstreamTo(lab.MLServer(t, "mlserver")))
	}
	return w
}

// accepts is the lack of a check.
func accepts(what string) lack {
	return lack{says: `it was not refused|got \[200\]`, why: "the server accepts " + what}
}

// mixedWorld is a graph whose three steps are on three kinds of servers.
func mixedWorld() world {
	x := tensor{Name: "INPUT0", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{1, 2.5, -3, 0}}
	y := tensor{Name: "OUTPUT0", Datatype: "FP32", Shape: []int{1, 4}, Data: []float64{2, 5, -6, 0}}
	w := world{name: "A graph over MLServer, KServe and Triton", plan: plan{
		Main:     call{Model: "three-servers", Inputs: []tensor{x}, Outputs: []tensor{y}},
		Identity: map[string]port{"FP32": {Model: "identity", Input: "FP32", Output: "OUT_FP32"}},
		V1:       &v1{Model: "three-servers", Instances: []any{[]any{1.0, 2.5}, []any{3.0, 4.0}}, Predictions: []any{[]any{2.0, 5.0}, []any{6.0, 8.0}}},
	}}
	y.Datatype, y.Data = "BYTES", []string{"*:1", "*:0", "*:3", "*:2"}
	w.plan.Labels = &call{Model: "three-servers", Inputs: []tensor{x}, Outputs: []tensor{y}}
	w.start = func(t *testing.T) *Server {
		t.Helper()
		return lab.Gateway(t, UpstreamTo(startTriton(t), lab.KServe(t, "kserve/server.py"), lab.MLServer(t, "mlserver"))+threeServers)
	}
	w.perf = func(t *testing.T, gateway *Server, results *table) {
		t.Helper()
		perfAnalyzer(t, gateway, results, "a graph of three steps", perfModes(), "-m", "three-servers", "--shape", "INPUT0:1,4")
	}
	return w
}

const threeServers = `
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: three-servers}
spec:
  nodes:
    root:
      routerType: Sequence
      steps:
        - {name: pass, serviceName: mlserver-pass}
        - {name: double, serviceName: kserve-double, data: $response}
        - {name: name, serviceName: vector_fp32, data: $response}
`
