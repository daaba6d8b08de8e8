package graph_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// counted is "name success fail queue" of each entry.
func counted(t *testing.T, p *graph.Plan) []string {
	t.Helper()
	all, err := p.Statistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range all {
		i := s.GetInferenceStats()
		if s.GetVersion() != "1" || i.GetComputeInput() == nil || i.GetComputeInfer() == nil || i.GetComputeOutput() == nil || i.GetCacheHit() == nil || i.GetCacheMiss() == nil {
			t.Errorf("%s is incomplete: %v", s.GetName(), s)
		}
		lines = append(lines, fmt.Sprintf("%s %d %d %d", s.GetName(), i.GetSuccess().GetCount(), i.GetFail().GetCount(), i.GetQueue().GetCount()))
	}
	return lines
}

const countedSpec = `
nodes:
  root: {routerType: Sequence, steps: [{serviceName: bad, name: first}, {serviceName: good}, {nodeName: inner}]}
  inner: {routerType: Switch, steps: [{serviceName: llm, condition: 'inputs.#(name=="x")'}, {serviceName: good, condition: '@this', name: rest}]}
`

var countedModels = map[string]script{
	"bad":  {Fails: "Unavailable connection refused"},
	"good": {Gives: map[string]any{"u": []any{1.0}}},
	"llm":  {Streams: []script{{Gives: map[string]any{"u": []any{1.0}}}, {Fails: "Internal oops"}}},
}

// TestStatisticsOfGraphAndSteps: each request counts once at each step that it comes to, streamed or not.
func TestStatisticsOfGraphAndSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, countedModels)
	plan := w.compile(t, countedSpec)["g"]
	for _, text := range []string{`{}`, `{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}`} {
		req := requestOf(t, w.pool, "g", text)
		if resp, err := plan.Infer(t.Context(), req); err == nil {
			resp.Free()
		}
		_ = plan.Stream(t.Context(), req, func(r infer.Reply) error { r.Response.Free(); return nil })
		req.Free()
	}
	want := []string{
		"g 2 2 2", "g/root/first 0 4 0", "g/root/2 4 0 4", "g/root/3 2 2 2", "g/inner/1 0 2 0", "g/inner/rest 2 0 2",
	}
	if diff := cmp.Diff(want, counted(t, plan)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadableRequestCountsAsFailed: it was one of the graph's.
func TestUnreadableRequestCountsAsFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, countedModels)
	plan := w.compile(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: good}]}}`)["g"]
	req := requestOf(t, w.pool, "g", `{"outputs": [{"name": "u"}, {"name": "u"}]}`)
	defer req.Free()
	if _, err := plan.Infer(t.Context(), req); err == nil {
		t.Error("no error")
	}
	if err := plan.Stream(t.Context(), req, nil); err == nil {
		t.Error("no error of the stream")
	}
	if diff := cmp.Diff([]string{"g 0 2 0", "g/root/1 0 0 0"}, counted(t, plan)); diff != "" {
		t.Error(diff)
	}
}

// TestStatisticsOutliveAReload that changes nothing about the graph.
func TestStatisticsOutliveAReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, countedModels)
	const spec = `nodes: {root: {routerType: Sequence, steps: [{serviceName: good}]}}`
	plans := w.compile(t, spec)
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	ask := func(p *graph.Plan) {
		resp, err := p.Infer(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Free()
	}
	again := func(spec string) *graph.Plan {
		next, err := graph.Compile(map[string]graph.Spec{"g": specOf(t, spec)}, graph.Options{Resolver: w.models(), View: tensorjson.View, Previous: plans})
		if err != nil {
			t.Fatal(err)
		}
		ask(next["g"])
		return next["g"]
	}
	ask(plans["g"])
	if diff := cmp.Diff([]string{"g 2 0 2", "g/root/1 2 0 2"}, counted(t, again(spec))); diff != "" {
		t.Error(diff)
	}
	changed := again(`nodes: {root: {routerType: Sequence, steps: [{serviceName: good, name: renamed}]}}`)
	if diff := cmp.Diff([]string{"g 1 0 1", "g/root/renamed 1 0 1"}, counted(t, changed)); diff != "" {
		t.Error(diff)
	}
}
