package server_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/infer"
)

// TestStreamCancellationReachesTheModels: all of them.
func TestStreamCancellationReachesTheModels(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}), make(chan error, 3)
	m := &model{infer: func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-ctx.Done()
		left <- ctx.Err()
		return nil, ctx.Err()
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	ctx, cancel := context.WithCancel(t.Context())
	s := open(ctx, t, g)
	for range 3 {
		sendAll(t, s, small("m"))
		<-entered
	}
	cancel()
	for range 3 {
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if _, err := s.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("%v, want CANCELLED", err)
	}
}

// TestT14BrokenUpstreamIsToldToEveryRequest in band, and the stream goes on.
func TestT14BrokenUpstreamIsToldToEveryRequest(t *testing.T) {
	t.Parallel()
	entered, broke := make(chan struct{}), make(chan struct{})
	m := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		if req.ID() == "again" {
			return echo(req)
		}
		entered <- struct{}{}
		<-broke
		return nil, infer.Errorf(codes.Unavailable, "the connection broke")
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	s := open(t.Context(), t, g)
	for _, id := range []string{"1", "2", "3"} {
		sendAll(t, s, numbered("m", id))
		<-entered
	}
	close(broke)
	sendAll(t, s, numbered("m", "again"))
	all, err := receiveAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "again"}, ids(all)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	for i, m := range all {
		if (m.GetErrorMessage() == "the connection broke") != (i < 3) {
			t.Errorf("message %d: %v", i, m)
		}
	}
}

// TestStreamEndsWithAStatusWhenAskedTo: triton_grpc_error is for errors of models; those before a model is asked stay in band.
func TestStreamEndsWithAStatusWhenAskedTo(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}, 1), make(chan error, 1)
	tells := &streaming{stream: func(ctx context.Context, _ *infer.Request, yield func(infer.Reply) error) error {
		if md, ok := metadata.FromOutgoingContext(ctx); ok && len(md.Get("triton_grpc_error")) > 0 {
			t.Error("the flag goes on to the servers")
		}
		<-entered
		return yield(infer.Reply{Err: infer.Errorf(codes.ResourceExhausted, "no luck")})
	}}
	breaks := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) {
		<-entered
		return nil, infer.Errorf(codes.ResourceExhausted, "no luck")
	}}
	waits := &model{infer: func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-ctx.Done()
		left <- ctx.Err()
		return nil, ctx.Err()
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}, "tells": tells, "breaks": breaks, "waits": waits}})
	for _, name := range []string{"tells", "breaks"} {
		s := open(metadata.AppendToOutgoingContext(t.Context(), "triton_grpc_error", "true"), t, g)
		sendAll(t, s, numbered("nobody", "1"), numbered("echo", "2"), numbered(name, "3"), numbered("waits", "4"))
		all, err := receiveAll(t, s)
		if status.Code(err) != codes.ResourceExhausted || status.Convert(err).Message() != "no luck" {
			t.Errorf("%s: %v, want the model's status", name, err)
		}
		if diff := cmp.Diff([]string{"1", "2"}, ids(all)); diff != "" || all[0].GetErrorMessage() == "" {
			t.Errorf("%s: want -, got +\n%s", name, diff)
		}
		if err := <-left; err == nil {
			t.Error("the other request was not cancelled")
		}
	}
}

// TestDrainEndsStreams: what was taken on is answered, then the stream ends with a status that says try another.
func TestDrainEndsStreams(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	m := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-leave
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	s, idle := open(t.Context(), t, g), open(t.Context(), t, g)
	sendAll(t, s, numbered("echo", "1"))
	sendAll(t, idle, numbered("nobody", "1"))
	if _, err := idle.Recv(); err != nil {
		t.Fatal(err)
	}
	<-entered
	g.stop()
	if _, err := idle.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the idle stream: %v, want UNAVAILABLE", err)
	}
	close(leave)
	if got, err := s.Recv(); err != nil || got.GetInferResponse().GetId() != "1" {
		t.Errorf("%v, %v; want the answer", got, err)
	}
	if _, err := s.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("%v, want UNAVAILABLE", err)
	}
	g.drained(t)
}
