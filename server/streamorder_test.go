package server_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// TestT14StreamAnswersOrdinaryModelsInOrder: though the second is done first.
func TestT14StreamAnswersOrdinaryModelsInOrder(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	m := &model{infer: func(ctx context.Context, req *infer.Request) (*infer.Response, error) {
		if req.ID() == "2" {
			defer close(second)
			return echo(req)
		}
		select {
		case <-second:
		case <-ctx.Done():
		}
		return nil, infer.Errorf(codes.Internal, "late")
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	s := open(t.Context(), t, g)
	sendAll(t, s, numbered("echo", "1"), numbered("echo", "2"), numbered("nobody", "3"))
	all, err := receiveAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, ids(all)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// TestT14StreamKeepsItsOrderBehindAModelThatSaysNothing: nobody gets before who was before that.
func TestT14StreamKeepsItsOrderBehindAModelThatSaysNothing(t *testing.T) {
	t.Parallel()
	silent, third := make(chan struct{}), make(chan struct{})
	m := &streaming{stream: func(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
		switch req.ID() {
		case "1":
			<-third
		case "2":
			close(silent)
			return nil
		case "3":
			<-silent
			close(third)
		}
		return yield(part(true))
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	s := open(t.Context(), t, g)
	sendAll(t, s, numbered("m", "1"), numbered("m", "2"), numbered("m", "3"))
	all, err := receiveAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "3"}, ids(all)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// TestT14StreamInterleavesDecoupledModels: beside an ordinary one that answers last, on one stream.
func TestT14StreamInterleavesDecoupledModels(t *testing.T) {
	t.Parallel()
	go1, go2 := make(chan struct{}), make(chan struct{})
	m := &streaming{decoupled: true, stream: func(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
		wait := map[string]chan struct{}{"1": go1, "2": go2}[req.ID()]
		for range 2 {
			<-wait
			if err := yield(part(false)); err != nil {
				return err
			}
		}
		return nil
	}}
	leave := make(chan struct{})
	ordinary := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		<-leave
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"drips": m, "echo": ordinary}})
	s := open(t.Context(), t, g)
	sendAll(t, s, numbered("echo", "0"), numbered("drips", "1"), numbered("drips", "2"))
	for _, next := range []struct {
		let chan struct{}
		id  string
	}{{go1, "1"}, {go2, "2"}, {go1, "1"}, {go2, "2"}} {
		next.let <- struct{}{}
		got, err := s.Recv()
		if err != nil || got.GetInferResponse().GetId() != next.id {
			t.Fatalf("%v, %v; want one of %s", got, err, next.id)
		}
	}
	close(leave)
	all, err := receiveAll(t, s)
	if err != nil || len(all) != 1 || all[0].GetInferResponse().GetId() != "0" {
		t.Errorf("%v, %v; want the ordinary one", all, err)
	}
	if n := m.configs.Load(); n != 1 {
		t.Errorf("the configuration was asked for %d times", n)
	}
}

// TestStreamRunsSequencesInOrder: requests of one sequence one after another, others meanwhile.
func TestStreamRunsSequencesInOrder(t *testing.T) {
	t.Parallel()
	var running [2]atomic.Int64
	other, began := make(chan struct{}), make(chan string, 6)
	m := &streaming{decoupled: true, stream: func(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
		which := 0
		if strings.HasPrefix(req.ID(), "b") {
			which = 1
		}
		if n := running[which].Add(1); n != 1 {
			t.Errorf("%d requests of one sequence run at once", n)
		}
		defer running[which].Add(-1)
		began <- req.ID()
		if req.ID() == "a1" {
			<-other // b runs while a does
		}
		if req.ID() == "b1" {
			close(other)
		}
		return yield(part(true))
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	s := open(t.Context(), t, g)
	for _, id := range []string{"a1", "a2", "a3", "b1", "b2", "b3"} {
		req := numbered("m", id)
		value := &inferencepb.InferParameter{ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: 5}}
		if id[0] == 'b' {
			value.ParameterChoice = &inferencepb.InferParameter_StringParam{StringParam: "5"}
		}
		req.Parameters = map[string]*inferencepb.InferParameter{"sequence_id": value}
		sendAll(t, s, req)
	}
	all, err := receiveAll(t, s)
	if err != nil || len(all) != 6 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	close(began)
	order := map[byte]string{}
	for id := range began {
		order[id[0]] += id
	}
	if order['a'] != "a1a2a3" || order['b'] != "b1b2b3" {
		t.Errorf("the sequences ran as %v", order)
	}
}

// TestStreamBoundsRequestsInFlight: the others are not read.
func TestStreamBoundsRequestsInFlight(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int64
	entered, leave := make(chan struct{}, 20), make(chan struct{})
	m := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		entered <- struct{}{}
		<-leave
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}}, func(o *server.Options, _ *server.Deps) { o.Limits.RequestsPerStream = 2 })
	s := open(t.Context(), t, g)
	for range 20 {
		sendAll(t, s, small("echo"))
	}
	<-entered
	<-entered
	close(leave)
	all, err := receiveAll(t, s)
	if err != nil || len(all) != 20 || most.Load() > 2 {
		t.Errorf("%d messages, %v, %d at once; want 20, 2 at once", len(all), err, most.Load())
	}
}

// TestStreamWaitsForItsReader: a model that has more to say than its client reads is not asked on, and ends with its client.
func TestStreamWaitsForItsReader(t *testing.T) {
	t.Parallel()
	const all = 64
	sent, ended := make(chan struct{}, all), make(chan int, 1)
	m := &streaming{decoupled: true, stream: func(_ context.Context, _ *infer.Request, yield func(infer.Reply) error) (err error) {
		n := 0
		defer func() { ended <- n }()
		for ; n < all && err == nil; n++ {
			sent <- struct{}{}
			err = yield(infer.Reply{Response: infer.NewResponse(infer.Head{Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: false}}},
				[]infer.TensorData{{Name: "y", DataType: infer.Int8, Shape: infer.Shape{1 << 20}, Data: mem.SliceBuffer(make([]byte, 1<<20))}})})
		}
		return err
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := open(ctx, t, g)
	sendAll(t, s, small("m"))
	<-sent
	<-sent
	cancel()
	if n := <-ended; n == all {
		t.Errorf("all %d MiB were sent to a client that reads nothing", n)
	}
}
