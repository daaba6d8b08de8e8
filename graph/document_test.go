package graph_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// answers is a V1 model that checks what it is sent.
type answers struct {
	t          *testing.T
	want, give string
}

func (a answers) TakesDocuments() bool { return true }

func (a answers) Infer(_ context.Context, req *infer.Request) (*infer.Response, error) {
	d := req.Document()
	if d == nil {
		a.t.Error("it is sent tensors")
		return nil, infer.Errorf(codes.Internal, "no document")
	}
	if got := string(d.Bytes()); a.want != "" && got != a.want {
		a.t.Errorf("it is sent %s, want %s", got, a.want)
	}
	if a.give == "" {
		return nil, infer.Errorf(codes.NotFound, "Intentional 404 code")
	}
	return infer.NewDocumentResponse(infer.Head{ModelName: req.ModelName()}, "", mem.SliceBuffer([]byte(a.give))), nil
}

// Law 9: the executors do not look at the body. The graphs are those of KServe's own router tests.
func TestDocumentsFlowThroughGraphs(t *testing.T) {
	t.Parallel()
	const iris = `{"instances":[1,2]}`
	tests := []struct {
		name   string
		spec   string
		models map[string][2]string // what is sent and what is answered, by name
		body   string
		want   string
		code   codes.Code
	}{
		{
			"the node's input goes to each step", `{"nodes":{"root":{"routerType":"Sequence","steps":[{"serviceName":"a"},{"serviceName":"b"}]}}}`,
			map[string][2]string{"a": {iris, `{"predictions":[1]}`}, "b": {iris, `{"predictions":[2]}`}},
			iris, `{"predictions":[2]}`, codes.OK,
		},
		{
			"TestSimpleModelChainer", `{"nodes":{"root":{"routerType":"Sequence","steps":[{"serviceName":"a","mapPredictionsToInstances":true},{"serviceName":"b","data":"$response"}]}}}`,
			map[string][2]string{"a": {`{"instances":["test","test2"]}`, `{"predictions":"1"}`}, "b": {`{"predictions":"1"}`, `{"predictions":"2"}`}},
			`{"predictions":["test","test2"]}`, `{"predictions":"2"}`, codes.OK,
		},
		{
			"TestSimpleModelEnsemble", `{"nodes":{"root":{"routerType":"Ensemble","steps":[{"serviceName":"a","name":"model1"},{"serviceName":"b","name":"model2"}]}}}`,
			map[string][2]string{"a": {iris, `{"predictions":"1"}`}, "b": {iris, `{"predictions":"2"}`}},
			iris,
			`{"model1":{"predictions":"1"},"model2":{"predictions":"2"}}`, codes.OK,
		},
		{
			"scenario 4, success", switchSpec,
			map[string][2]string{"a": {"", ""}, "b": {"", `{"predictions":[{"message":"SUCCESS"}]}`}},
			`{"decision_picker":"SUCCESS"}`, `{"predictions":[{"message":"SUCCESS"}]}`, codes.OK,
		},
		{"scenario 4, no match", switchSpec, map[string][2]string{"a": {"", ""}, "b": {"", ""}}, `{"decision_picker":"NO_MATCH"}`, "", codes.NotFound},
		{"not JSON", switchSpec, map[string][2]string{"a": {"", ""}, "b": {"", ""}}, `hello`, "", codes.InvalidArgument},
		{
			"an unmet condition ends the Sequence", `{"nodes":{"root":{"routerType":"Sequence","steps":[{"serviceName":"a"},{"serviceName":"b","condition":"predictions.#(label==\"dog\")"}]}}}`,
			map[string][2]string{"a": {iris, `{"predictions":[{"label":"cat"}]}`}, "b": {"never", ""}},
			iris, `{"predictions":[{"label":"cat"}]}`, codes.OK,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			find := resolver(func(target graph.Target) (infer.Handler, error) {
				m := test.models[target.Service]
				return answers{t, m[0], m[1]}, nil
			})
			plans, err := graph.Compile(map[string]graph.Spec{"g": specOf(t, test.spec)}, graph.Options{Resolver: find, View: tensorjson.View})
			if err != nil {
				t.Fatal(err)
			}
			if !plans["g"].TakesDocuments() {
				t.Error("it takes tensors alone")
			}
			req := infer.NewDocumentRequest(infer.Head{ModelName: "g", ID: "1"}, "", mem.SliceBuffer([]byte(test.body)))
			defer req.Free()
			resp, err := plans["g"].Infer(t.Context(), req)
			if infer.CodeOf(err) != test.code {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			defer resp.Free()
			if got := string(resp.Document().Bytes()); got != test.want || resp.ModelName() != "g" || resp.ID() != "1" {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

const switchSpec = `{"nodes":{"root":{"routerType":"Switch","steps":[
	{"serviceName":"a","condition":"[@this].#(decision_picker==ERROR)"},{"serviceName":"b","condition":"[@this].#(decision_picker==SUCCESS)"}]}}}`

func TestGraphOfTensorsTakesNoDocuments(t *testing.T) {
	t.Parallel()
	p := compiled(t, specOf(t, `{"nodes":{"root":{"routerType":"Sequence","steps":[{"serviceName":"a"}]}}}`), nil,
		map[string]infer.HandlerFunc{"a": nil})
	if p.TakesDocuments() {
		t.Error("it takes documents")
	}
}
