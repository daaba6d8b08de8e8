package graph_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

var errHungUp = errors.New("the client hung up")

// TestYieldEndsTheStream: its error reaches the model, and comes back as it is.
func TestYieldEndsTheStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{"llm": {Streams: []script{{Gives: map[string]any{"u": []any{1.0}}}, {Gives: map[string]any{"u": []any{2.0}}}}}})
	plans := w.compile(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: llm}]}}`)
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	replies := 0
	err := plans["g"].Stream(t.Context(), req, func(r infer.Reply) error {
		replies++
		r.Response.Free()
		return errHungUp
	})
	if err != errHungUp || replies != 1 { //nolint:errorlint // the very error
		t.Errorf("%d replies, then %v", replies, err)
	}
}

// TestStreamHoldsNoResponseThatItsStepDoesNotNeed: a stream may take long.
func TestStreamHoldsNoResponseThatItsStepDoesNotNeed(t *testing.T) {
	t.Parallel()
	for data, held := range map[string]bool{"": false, ", data: $response": true} {
		w := newWorld(t, map[string]script{
			"a":   {Gives: map[string]any{"u": []any{1.0}}},
			"llm": {Streams: []script{{Gives: map[string]any{"v": []any{2.0}}}}},
		})
		plans := w.compile(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: a}, {serviceName: llm`+data+`}]}}`)
		req := requestOf(t, w.pool, "g", `{}`)
		defer req.Free()
		before := w.pool.Outstanding()
		err := plans["g"].Stream(t.Context(), req, func(r infer.Reply) error {
			r.Response.Free()
			if after := w.pool.Outstanding(); (after > before) != held {
				t.Errorf("data %q: %d buffers are out, %d were before the stream", data, after, before)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestErrorWithoutResponse: a reply that is an error alone goes through.
func TestErrorWithoutResponse(t *testing.T) {
	t.Parallel()
	spec := specOf(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: a}]}}`)
	plans, err := graph.Compile(map[string]graph.Spec{"g": spec}, graph.Options{
		View: tensorjson.View, Resolver: resolver(func(graph.Target) (infer.Handler, error) { return onlyErrors{}, nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil)
	req := requestOf(t, w.pool, "g", `{}`)
	defer req.Free()
	var got []infer.Reply
	if err := plans["g"].Stream(t.Context(), req, func(r infer.Reply) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Response != nil || got[0].Err.Code != codes.ResourceExhausted || got[0].Err.Error() != "graph g: node root: step 1: busy" {
		t.Errorf("got %+v", got)
	}
}

type onlyErrors struct{ infer.HandlerFunc }

func (onlyErrors) Stream(_ context.Context, _ *infer.Request, yield func(infer.Reply) error) error {
	return yield(infer.Reply{Err: infer.Errorf(codes.ResourceExhausted, "busy")})
}

// compile compiles one graph, g, over the world's models.
func (w *world) compile(t *testing.T, spec string) map[string]*graph.Plan {
	t.Helper()
	plans, err := graph.Compile(map[string]graph.Spec{"g": specOf(t, spec)}, graph.Options{Resolver: w.models(), View: tensorjson.View, Observer: w.trace})
	if err != nil {
		t.Fatal(err)
	}
	return plans
}
