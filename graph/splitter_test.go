package graph_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// TestSplitterFollowsWeights draws from a seeded source: shares are within two percent of the weights.
func TestSplitterFollowsWeights(t *testing.T) {
	t.Parallel()
	const draws = 10_000
	counts := map[string]int{}
	plan := splitterOf(t, rand.New(rand.NewPCG(1, 2)).IntN, counts)
	req := infer.NewRequest(infer.Head{}, nil, nil)
	defer req.Free()
	for range draws {
		if _, err := plan.Infer(t.Context(), req); infer.CodeOf(err) != codes.Aborted {
			t.Fatal(err)
		}
	}
	for name, weight := range map[string]int{"a": 20, "b": 0, "c": 80} {
		if got, want := counts[name], draws*weight/100; got < want-draws/50 || got > want+draws/50 {
			t.Errorf("%s got %d of %d requests, want about %d", name, got, draws, want)
		}
	}
}

func TestSplitterWithABrokenSource(t *testing.T) {
	t.Parallel()
	plan := splitterOf(t, func(n int) int { return n }, map[string]int{})
	req := infer.NewRequest(infer.Head{}, nil, nil)
	defer req.Free()
	if _, err := plan.Infer(t.Context(), req); infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v, want INTERNAL", err)
	}
}

// splitterOf counts which of a, b and c are called; all fail.
func splitterOf(t *testing.T, intn func(int) int, counts map[string]int) *graph.Plan {
	t.Helper()
	plans, err := graph.Compile(map[string]graph.Spec{"g": specOf(t,
		`nodes: {root: {routerType: Splitter, steps: [{serviceName: a, weight: 20}, {serviceName: b, weight: 0}, {serviceName: c, weight: 80}]}}`)},
		graph.Options{
			View: tensorjson.View, Intn: intn,
			Resolver: resolver(func(t graph.Target) (infer.Handler, error) {
				return infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) {
					counts[t.Service]++
					return nil, infer.Errorf(codes.Aborted, "counted")
				}), nil
			}),
		})
	if err != nil {
		t.Fatal(err)
	}
	return plans["g"]
}
