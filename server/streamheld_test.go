package server_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

// TestRefusedMessagesOfAStreamAreNotHeld while they wait to be told behind a slow one: nothing is charged for them.
func TestRefusedMessagesOfAStreamAreNotHeld(t *testing.T) {
	t.Parallel()
	pool, leave := oiptest.NewPool(t), make(chan struct{})
	slow := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		<-leave
		return echo(req)
	}}
	last := &unsettled{configs: make(chan error, 1)}
	last.configs <- nil
	c := &catalog{models: map[string]infer.Model{"slow": slow, "last": last}}
	g := start(t, c, func(o *server.Options, d *server.Deps) {
		o.Limits.MessageBytes, o.Limits.InflightBytes = 128*units.KiB, 128*units.KiB
		d.Buffers = pool
	})
	large := numbered("slow", "2")
	large.Inputs[0].Shape, large.RawInputContents[0] = []int64{25000}, make([]byte, 100000)
	s := open(t.Context(), t, g)
	last.arrived = func() {
		if n := pool.Outstanding(); n != 0 {
			t.Errorf("%d buffers of the refused message are held", n)
		}
		close(leave)
	}
	sendAll(t, s, numbered("slow", "1"), large, numbered("last", "3"))
	all, err := receiveAll(t, s)
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	if m := all[1]; m.GetErrorMessage() == "" || m.GetInferResponse().GetId() != "2" {
		t.Errorf("got %v, want the refusal of request 2", m)
	}
}

// TestStreamAsksAgainForAConfiguration that could not be had: a model that is taken for an ordinary one would wait for its turn.
func TestStreamAsksAgainForAConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code codes.Code
		want int // how often it is asked
	}{{codes.Unavailable, 2}, {codes.DeadlineExceeded, 2}, {codes.OK, 1}, {codes.Unimplemented, 1}} {
		m := &unsettled{configs: make(chan error, 3)}
		var times int
		m.arrived = func() { times++ }
		if tt.code != codes.OK {
			m.configs <- infer.Errorf(tt.code, "not now")
		}
		close(m.configs)
		s := open(t.Context(), t, start(t, &catalog{models: map[string]infer.Model{"m": m}}))
		sendAll(t, s, numbered("m", "1"), numbered("m", "2"), numbered("m", "3"))
		if all, err := receiveAll(t, s); err != nil || len(all) != 3 {
			t.Fatalf("%v, %v", all, err)
		}
		if times != tt.want {
			t.Errorf("%s: asked %d times, want %d", tt.code, times, tt.want)
		}
	}
}

// unsettled is a model whose configuration is had, or not, as the test says.
type unsettled struct {
	model

	arrived func()
	configs chan error
}

func (a *unsettled) Config(context.Context) (*inferencepb.ModelConfig, error) {
	a.arrived()
	if err := <-a.configs; err != nil {
		return nil, err
	}
	return &inferencepb.ModelConfig{}, nil
}
