package graph_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// compiled compiles one graph of models that are functions.
func compiled(tb testing.TB, spec graph.Spec, o graph.Observer, handlers map[string]infer.HandlerFunc) *graph.Plan {
	tb.Helper()
	plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, graph.Options{
		View: tensorjson.View, Observer: o,
		Resolver: resolver(func(t graph.Target) (infer.Handler, error) { return handlers[t.Service], nil }),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return plans["g"]
}

// TestCancelReachesEveryStep cancels a client's call while steps of nested Ensembles run; virtual time shows that none is late.
func TestCancelReachesEveryStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]script{"forever": {Takes: "forever"}, "quick": {Gives: map[string]any{"u": []any{1.0}}}})
		plans, err := graph.Compile(map[string]graph.Spec{"g": specOf(t, `
nodes:
  root: {routerType: Ensemble, steps: [{nodeName: inner}, {nodeName: chain}, {serviceName: quick}]}
  inner: {routerType: Ensemble, steps: [{serviceName: forever}, {serviceName: forever, dependency: Hard}, {serviceName: quick}]}
  chain: {routerType: Sequence, steps: [{serviceName: quick}, {serviceName: forever, data: $response}, {serviceName: quick}]}
`)}, graph.Options{Resolver: w.models(), View: tensorjson.View, Observer: w.trace})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		start := time.Now()
		req := requestOf(t, w.pool, "g", `{}`)
		defer req.Free()
		resp, err := plans["g"].Infer(ctx, req)
		if err == nil { // quick's outputs are all that is known
			resp.Free()
		}
		if took := time.Since(start); took != 10*time.Millisecond {
			t.Errorf("it took %v after a cancel at 10ms", took)
		}
		for event := range strings.Lines(w.trace.String()) {
			if strings.Contains(event, " begins") && strings.HasPrefix(event, " 10ms") {
				t.Errorf("a step began after the cancel: %s", event)
			}
		}
	})
}

// observer notes how steps end.
type observer struct {
	mu     sync.Mutex
	errors []error
}

func (o *observer) Step(ctx context.Context, _ graph.StepInfo) (context.Context, func(error)) {
	return ctx, func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.errors = append(o.errors, err)
	}
}

// TestPanicInEnsemble: a panic on a goroutine would end the process; it is that step's failure, with the stack for the log.
func TestPanicInEnsemble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{"quick": {Gives: map[string]any{"u": []any{1.0}}}})
	quick, _ := w.models().Resolve(graph.Target{Service: "quick"})
	var seen observer
	plan := compiled(t, specOf(t, `nodes: {root: {routerType: Ensemble, steps: [{serviceName: broken, dependency: Hard}, {serviceName: quick}]}}`), &seen,
		map[string]infer.HandlerFunc{
			"broken": func(context.Context, *infer.Request) (*infer.Response, error) { panic("index out of range") },
			"quick":  quick.Infer,
		})
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	_, err := plan.Infer(t.Context(), req)
	if infer.CodeOf(err) != codes.Internal || err.Error() != "graph g: node root: step 1: the step panicked" {
		t.Errorf("got %v", err)
	}
	if cause := errors.Unwrap(err); cause == nil || !strings.Contains(cause.Error(), "index out of range") || !strings.Contains(cause.Error(), "ensemble_test.go") {
		t.Errorf("the cause has no stack: %v", cause)
	}
	panicked := func(err error) bool { return err != nil && err.Error() == "the step panicked" }
	if !slices.ContainsFunc(seen.errors, panicked) { // the other step may have been cancelled before it began
		t.Errorf("the observer saw %v", seen.errors)
	}
}

// TestConcurrentRequests shares a plan among many clients.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{
		"a": {Gives: map[string]any{"u": "$x"}, Takes: "0s"}, "broken": {Fails: "Unavailable connection refused", Takes: "0s"},
	})
	plans, err := graph.Compile(map[string]graph.Spec{"g": specOf(t, `
nodes:
  root: {routerType: Sequence, steps: [{nodeName: both}, {nodeName: split, data: $request}]}
  both: {routerType: Ensemble, steps: [{serviceName: a}, {serviceName: broken}, {serviceName: broken, dependency: Hard}]}
  split: {routerType: Splitter, steps: [{serviceName: a, weight: 50}, {nodeName: pick, weight: 50}]}
  pick: {routerType: Switch, steps: [{serviceName: broken, condition: 'inputs.#(data.0==9)'}, {serviceName: a, condition: '@this'}]}
`)}, graph.Options{Resolver: w.models(), View: tensorjson.View})
	if err != nil {
		t.Fatal(err)
	}
	var failures atomic.Int32
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 50 {
				req := requestOf(t, w.pool, "g", `{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}`)
				resp, err := plans["g"].Infer(t.Context(), req)
				req.Free()
				if err != nil {
					failures.Add(1)
					continue
				}
				resp.Free()
			}
		})
	}
	clients.Wait()
	if n := failures.Load(); n > 0 {
		t.Errorf("%d of 400 requests failed", n)
	}
}
