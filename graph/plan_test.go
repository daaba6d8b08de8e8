package graph_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// specOf reads a spec.
func specOf(t *testing.T, text string) graph.Spec {
	t.Helper()
	var spec graph.Spec
	parse(t, text, &spec)
	return spec
}

// TestSpecHasEveryField reads all that the CRD documents, strictly.
func TestSpecHasEveryField(t *testing.T) {
	t.Parallel()
	spec := specOf(t, `
nodes:
  root:
    routerType: Splitter
    steps:
    - {name: a, nodeName: m, serviceName: s, serviceUrl: u, data: $request, weight: 100, condition: c, dependency: Hard, mapPredictionsToInstances: true}
resources: {limits: {cpu: 1}}
affinity: {nodeAffinity: {}}
tolerations: [{key: k}]
nodeSelector: {disk: ssd}
nodeName: worker-1
serviceAccountName: sa
timeout: 10
routerTimeouts: {serverRead: 1, serverWrite: 2, serverIdle: 3, serviceClient: 4}
minReplicas: 1
maxReplicas: 2
scaleTarget: 3
scaleMetric: rps
`)
	want := graph.StepSpec{
		Name: "a", NodeName: "m", ServiceName: "s", ServiceURL: "u", Data: "$request", Weight: new(int64(100)), Condition: "c",
		Dependency: "Hard", MapPredictionsToInstances: true,
	}
	if diff := cmp.Diff(want, spec.Nodes["root"].Steps[0]); diff != "" {
		t.Error(diff)
	}
	if spec.Timeout != 10 || *spec.RouterTimeouts.ServiceClient != 4 || string(spec.NodeSelector) != `{"disk":"ssd"}` {
		t.Errorf("got %+v", spec)
	}
}

func TestCompileNeedsItsOptions(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]graph.Options{"no view": {Resolver: services()}, "no resolver": {View: tensorjson.View}} {
		if _, err := graph.Compile(nil, opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCompileReturnsSoundGraphs: one bad graph takes down only those that lead to it.
func TestCompileReturnsSoundGraphs(t *testing.T) {
	t.Parallel()
	step := `nodes: {root: {routerType: Sequence, steps: [{serviceName: %s}]}}`
	plans, err := graph.Compile(map[string]graph.Spec{
		"bad":    specOf(t, fmt.Sprintf(step, "nobody")),
		"leads":  specOf(t, fmt.Sprintf(step, "bad")),
		"good":   specOf(t, fmt.Sprintf(step, "a")),
		"circle": specOf(t, fmt.Sprintf(step, "circle")),
		"around": specOf(t, fmt.Sprintf(step, "circle")),
	}, graph.Options{Resolver: services("a"), View: tensorjson.View})
	if got := slices.Sorted(maps.Keys(plans)); !slices.Equal(got, []string{"good"}) {
		t.Errorf("plans of %v, want good alone", got)
	}
	faults, ok := errors.AsType[graph.Faults](err)
	if !ok || len(faults) != 2 || faults[0].Graph != "bad" || faults[0].Step != 1 || faults[1].Graph != "circle" {
		t.Errorf("faults %v, want those of bad and circle", err)
	}
	if one, ok := errors.AsType[graph.Fault](err); !ok || one != faults[0] {
		t.Errorf("errors.As finds %v", one)
	}
}

func TestResolverIsAskedOnce(t *testing.T) {
	t.Parallel()
	asked := map[graph.Target]int{}
	spec := specOf(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: a}, {serviceUrl: 'grpc://h/a'}, {serviceName: a}, {serviceName: none}, {serviceName: none}]}}`)
	_, err := graph.Compile(map[string]graph.Spec{"g": spec, "h": spec}, graph.Options{
		View: tensorjson.View,
		Resolver: resolver(func(t graph.Target) (infer.Handler, error) {
			asked[t]++
			if t.Service == "none" {
				return nil, nil //nolint:nilnil // a resolver's mistake
			}
			return &model{}, nil
		}),
	})
	want := map[graph.Target]int{{Service: "a"}: 1, {URL: "grpc://h/a"}: 1, {Service: "none"}: 1}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), `graph h: node root: step 5: service "none" is not known`) {
		t.Errorf("error %v", err)
	}
}

// ladder is a graph in which each node leads to the next in two ways: 2^62 ways through it, and one call.
func ladder(t *testing.T) graph.Spec {
	t.Helper()
	var b strings.Builder
	b.WriteString("nodes:\n")
	name := "root"
	for i := range 63 {
		next := fmt.Sprintf("n%d", i)
		fmt.Fprintf(&b, "  %s: {routerType: Switch, steps: [{nodeName: %s, condition: id}, {nodeName: %s, condition: '@this'}]}\n", name, next, next)
		name = next
	}
	fmt.Fprintf(&b, "  %s: {routerType: Sequence, steps: [{serviceName: a}]}\n", name)
	return specOf(t, b.String())
}

// TestManyWaysThroughFewNodes would not end if anything followed every way.
func TestManyWaysThroughFewNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{"a": {
		Inputs: map[string]string{"x": "FP32[1]"}, Outputs: map[string]string{"u": "FP32[1]"}, Unready: "it is being loaded",
		Gives: map[string]any{"u": []any{1.0}},
	}})
	plans, err := graph.Compile(map[string]graph.Spec{"g": ladder(t)}, graph.Options{Resolver: w.models(), View: tensorjson.View})
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := plans["g"].Metadata(t.Context())
	if err != nil || len(metadata.Inputs) != 1 || len(metadata.Outputs) != 1 {
		t.Errorf("metadata %+v, %v", metadata, err)
	}
	if err := plans["g"].Ready(t.Context()); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("ready: %v", err)
	}
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	resp, err := plans["g"].Infer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Free()
}

// TestOriginsAreBounded: a failure at the bottom of sixty graphs is still told in a few words.
func TestOriginsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{"a": {Fails: "Unavailable connection refused"}})
	specs := map[string]graph.Spec{}
	next := "a"
	for i := range 60 {
		name := fmt.Sprintf("g%02d", i)
		specs[name] = specOf(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: `+next+`}]}}`)
		next = name
	}
	plans, err := graph.Compile(specs, graph.Options{Resolver: w.models(), View: tensorjson.View})
	if err != nil {
		t.Fatal(err)
	}
	req := requestOf(t, w.pool, next, `{}`)
	defer req.Free()
	_, err = plans[next].Infer(t.Context(), req)
	if infer.CodeOf(err) != codes.Unavailable || len(err.Error()) > 400 || !strings.HasSuffix(err.Error(), "graph g00: node root: step 1: upstream a: connection refused") {
		t.Errorf("the failure is told as: %v", err)
	}
}

// TestWarningGivesTheGraphThatWasMeant runs the graph that the warning prints.
func TestWarningGivesTheGraphThatWasMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{
		"classifier": {Gives: map[string]any{"label": "$image"}},
		"A":          {Gives: map[string]any{"label": []any{"dog"}}},
		"P":          {Gives: map[string]any{"label": []any{"rose"}}},
		"S":          {Gives: map[string]any{"label": []any{"granite"}}},
	})
	opts := graph.Options{Resolver: w.models(), View: tensorjson.View}
	spec := specOf(t, `
nodes:
  root:
    routerType: Sequence
    steps:
    - {serviceName: classifier}
    - {serviceName: A, name: "no", condition: '[@this].#(predictions.0=="animal")'}
    - {serviceName: P, condition: '[@this].#(predictions.0=="it''s a plant")'}
    - {serviceName: S, condition: '[@this].#(predictions.0=="stone")'}
`)
	plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, opts)
	if err != nil {
		t.Fatal(err)
	}
	_, nested, _ := strings.Cut(plans["g"].Warnings()[0], "\n")
	if plans, err = graph.Compile(map[string]graph.Spec{"g": specOf(t, nested)}, opts); err != nil {
		t.Fatalf("%v\n%s", err, nested)
	}
	for in, want := range map[string]string{"animal": "dog", "it's a plant": "rose", "stone": "granite", "water": "water"} {
		req := requestOf(t, w.pool, "g", `{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["`+in+`"]}]}`)
		resp, err := plans["g"].Infer(t.Context(), req)
		req.Free()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := infer.Strings(&resp.Tensors()[0]); got[0] != want {
			t.Errorf("%s gives %v, want %s", in, got, want)
		}
		resp.Free()
	}
	if w := plans["g"].Warnings(); len(w) > 0 {
		t.Errorf("the graph of the warning is warned of: %v", w)
	}
}

var errView = errors.New("no JSON today")

// TestUnreadableDocument: a request that conditions cannot read is the client's fault, a response the server's.
func TestUnreadableDocument(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"Switch":   "graph g: node root: step 1: no JSON today",
		"Sequence": "graph g: node root: step 2: the previous response cannot be read by the condition: no JSON today",
	} {
		w := newWorld(t, map[string]script{"a": {Gives: map[string]any{"u": []any{1.0}}}})
		first := map[string]string{"Switch": ", condition: id"}[kind]
		spec := specOf(t, `nodes: {root: {routerType: `+kind+`, steps: [{serviceName: a`+first+`}, {serviceName: a, condition: id}]}}`)
		plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, graph.Options{
			Resolver: w.models(),
			View:     func([]byte, infer.Message, infer.ViewParts) ([]byte, error) { return nil, errView },
		})
		if err != nil {
			t.Fatal(err)
		}
		req := requestOf(t, w.pool, "g", `{}`)
		if _, err = plans["g"].Infer(t.Context(), req); err == nil || err.Error() != want || !errors.Is(err, errView) {
			t.Errorf("%s: %v, want %s", kind, err, want)
		}
		req.Free()
	}
}

// TestConditionsRenderWhatTheyReach: all conditions of a Switch are tested on one document, a default needs none.
func TestConditionsRenderWhatTheyReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{"a": {Gives: map[string]any{"u": []any{1.0}}}})
	spec := specOf(t, `
nodes:
  root:
    routerType: Sequence
    steps:
    - {nodeName: pick}
    - {serviceName: a, condition: '@this'}
    - {serviceName: a, condition: 'outputs.#(datatype=="FP32")'}
  pick:
    routerType: Switch
    steps:
    - {serviceName: a, condition: 'inputs.#(data.0==5)'}
    - {serviceName: a, condition: 'instances.#(==5)'}
    - {serviceName: a, condition: '@this'}
`)
	var got []infer.ViewParts
	plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, graph.Options{
		Resolver: w.models(),
		View: func(dst []byte, m infer.Message, parts infer.ViewParts) ([]byte, error) {
			got = append(got, parts)
			return tensorjson.View(dst, m, parts)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	req := requestOf(t, w.pool, "g", `{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}`)
	defer req.Free()
	resp, err := plans["g"].Infer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Free()
	if want := []infer.ViewParts{{Data: true, Rows: true}, {}}; !slices.Equal(got, want) {
		t.Errorf("rendered %+v, want %+v", got, want)
	}
}

// TestModelThatAnswersNothing is a handler's mistake, and not the end of the process.
func TestModelThatAnswersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	spec := specOf(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: a}]}}`)
	plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, graph.Options{
		View: tensorjson.View,
		Resolver: resolver(func(graph.Target) (infer.Handler, error) {
			return infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) {
				return nil, nil //nolint:nilnil // a handler's mistake
			}), nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	if _, err := plans["g"].Infer(t.Context(), req); infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v, want INTERNAL", err)
	}
}
