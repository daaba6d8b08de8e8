package graph_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
)

// trace is what happened, in an order that does not depend on which of two steps at the same time was quicker.
type trace struct {
	start  time.Time
	mu     sync.Mutex
	events []event
}

type event struct {
	at    time.Duration
	place []int // the steps that led here, then 0 for a beginning, 1 for what happens within, the most for an end
	text  string
}

type placeKey struct{}

var _ graph.Observer = (*trace)(nil)

func (t *trace) Step(ctx context.Context, s graph.StepInfo) (context.Context, func(error)) {
	place, _ := ctx.Value(placeKey{}).([]int)
	ctx = context.WithValue(ctx, placeKey{}, append(slices.Clone(place), s.Index))
	name := fmt.Sprintf("%s/%s/%d", s.Graph, s.Node, s.Index)
	if s.Name != "" {
		name += " (" + s.Name + ")"
	}
	t.add(ctx, 0, name+" begins: "+s.Target)
	return ctx, func(err error) {
		if err != nil {
			t.add(ctx, math.MaxInt, name+" fails: "+errorText(err))
			return
		}
		t.add(ctx, math.MaxInt, name+" ends")
	}
}

func (t *trace) add(ctx context.Context, order int, text string) {
	place, _ := ctx.Value(placeKey{}).([]int)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, event{time.Since(t.start), append(slices.Clone(place), order), text})
}

func (t *trace) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortStableFunc(t.events, func(a, b event) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return slices.Compare(a.place, b.place)
	})
	var b strings.Builder
	for _, e := range t.events {
		fmt.Fprintf(&b, "%5s  %s\n", e.at, e.text)
	}
	return b.String()
}

func errorText(err error) string {
	return fmt.Sprintf("%v: %v", infer.CodeOf(err), err)
}
