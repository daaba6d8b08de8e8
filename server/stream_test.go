package server_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

// streaming is a fake that answers with messages of its own.
type streaming struct {
	model
	stream    func(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error
	decoupled bool
	configs   atomic.Int64 // how often it was asked
}

func (s *streaming) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return s.stream(ctx, req, yield)
}

func (s *streaming) Config(context.Context) (*inferencepb.ModelConfig, error) {
	s.configs.Add(1)
	return &inferencepb.ModelConfig{ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{Decoupled: s.decoupled}}, nil
}

// part is a message of a fake's answer.
func part(last bool) infer.Reply {
	return infer.Reply{Response: infer.NewResponse(infer.Head{
		ModelName: "inner", ModelVersion: "1", ID: "of-the-model", Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: last}},
	}, []infer.TensorData{{Name: "y", DataType: infer.Int8, Shape: infer.Shape{1}, Data: mem.SliceBuffer([]byte{1})}})}
}

func finalParameter(last bool) map[string]*inferencepb.InferParameter {
	return map[string]*inferencepb.InferParameter{infer.FinalResponse: {ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: last}}}
}

// numbered is small with an id.
func numbered(name, id string) *inferencepb.ModelInferRequest {
	req := small(name)
	req.Id = id
	return req
}

func open(ctx context.Context, t *testing.T, g *gateway) inferencepb.GRPCInferenceService_ModelStreamInferClient {
	t.Helper()
	s, err := g.client.ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sendAll(t *testing.T, s inferencepb.GRPCInferenceService_ModelStreamInferClient, all ...*inferencepb.ModelInferRequest) {
	t.Helper()
	for _, req := range all {
		if err := s.Send(req); err != nil {
			t.Fatal(err)
		}
	}
}

// receiveAll ends the client's side and returns everything that comes until the stream's end.
func receiveAll(t *testing.T, s inferencepb.GRPCInferenceService_ModelStreamInferClient) ([]*inferencepb.ModelStreamInferResponse, error) {
	t.Helper()
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var all []*inferencepb.ModelStreamInferResponse
	for {
		m, err := s.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		all = append(all, m)
	}
}

func ids(all []*inferencepb.ModelStreamInferResponse) []string {
	var ids []string
	for _, m := range all {
		ids = append(ids, m.GetInferResponse().GetId())
	}
	return ids
}

// TestP08StreamMessagesAreTritons: the messages that a real Triton 2.51 was seen to send, each for its situation.
func TestP08StreamMessagesAreTritons(t *testing.T) {
	t.Parallel()
	fails := &streaming{stream: func(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
		head := infer.Head{ModelName: "inner", ID: req.ID(), Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: true}}}
		return yield(infer.Reply{Response: infer.NewResponse(head, nil), Err: infer.Errorf(codes.Internal, "no luck")})
	}}
	refuses := &streaming{stream: func(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
		return yield(infer.Reply{Response: infer.NewResponse(infer.Head{ID: req.ID()}, nil), Err: infer.Errorf(codes.Internal, "unexpected input")})
	}}
	breaks := &streaming{stream: func(context.Context, *infer.Request, func(infer.Reply) error) error {
		return infer.Errorf(codes.Unavailable, "the connection broke")
	}}
	drips := &streaming{decoupled: true, stream: func(_ context.Context, _ *infer.Request, yield func(infer.Reply) error) error {
		if err := yield(part(false)); err != nil {
			return err
		}
		return infer.Errorf(codes.Unavailable, "the connection broke")
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}, "fails": fails, "refuses": refuses, "breaks": breaks, "drips": drips}})
	wantsEnd := numbered("drips", "7")
	wantsEnd.Parameters = map[string]*inferencepb.InferParameter{
		infer.EnableEmptyFinalResponse: {ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: true}},
	}
	lying := numbered("echo", "7")
	lying.Inputs[0].Shape = []int64{3}
	named := func(name string, last bool) *inferencepb.ModelInferResponse {
		return &inferencepb.ModelInferResponse{ModelName: name, Id: "7", Parameters: finalParameter(last)}
	}
	echoed := &inferencepb.ModelInferResponse{
		ModelName: "echo", ModelVersion: "1", Id: "7", Parameters: finalParameter(true),
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "x", Datatype: "INT32", Shape: []int64{2}}},
		RawOutputContents: [][]byte{{1, 0, 0, 0, 2, 0, 0, 0}},
	}
	dripped := &inferencepb.ModelInferResponse{
		ModelName: "drips", ModelVersion: "1", Id: "7", Parameters: finalParameter(false),
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: "INT8", Shape: []int64{1}}},
		RawOutputContents: [][]byte{{1}},
	}
	idOnly := &inferencepb.ModelInferResponse{Id: "7"}
	for _, tt := range []struct {
		name string
		req  *inferencepb.ModelInferRequest
		want []*inferencepb.ModelStreamInferResponse
	}{
		{"an answer", numbered("echo", "7"), []*inferencepb.ModelStreamInferResponse{{InferResponse: echoed}}},
		{"an unknown model", numbered("nobody", "7"), []*inferencepb.ModelStreamInferResponse{
			{ErrorMessage: `there is no model "nobody"`, InferResponse: idOnly},
		}},
		{"a shape that lies", lying, []*inferencepb.ModelStreamInferResponse{{
			ErrorMessage:  `input "x": 8 bytes of raw data for shape [3], whose 3 elements of INT32 take 4 bytes each`,
			InferResponse: idOnly,
		}}},
		{"a model's error", numbered("fails", "7"), []*inferencepb.ModelStreamInferResponse{
			{ErrorMessage: "no luck", InferResponse: named("fails", true)},
		}},
		{"a server's refusal", numbered("refuses", "7"), []*inferencepb.ModelStreamInferResponse{
			{ErrorMessage: "unexpected input", InferResponse: idOnly},
		}},
		{"a broken upstream", numbered("breaks", "7"), []*inferencepb.ModelStreamInferResponse{
			{ErrorMessage: "the connection broke", InferResponse: named("breaks", true)},
		}},
		{"a decoupled one", numbered("drips", "7"), []*inferencepb.ModelStreamInferResponse{
			{InferResponse: dripped}, {ErrorMessage: "the connection broke", InferResponse: named("drips", false)},
		}},
		{"a decoupled one whose end is wanted", wantsEnd, []*inferencepb.ModelStreamInferResponse{
			{InferResponse: dripped},
			{ErrorMessage: "the connection broke", InferResponse: named("drips", false)},
			{InferResponse: named("drips", true)},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t.Context(), t, g)
			sendAll(t, s, tt.req)
			got, err := receiveAll(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// TestP08StreamStaysOpenAfterErrors: also after a message that is none, which has no id to be told with.
func TestP08StreamStaysOpenAfterErrors(t *testing.T) {
	t.Parallel()
	broken := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) { panic("broken") }}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}, "broken": broken}})
	s := open(t.Context(), t, g)
	sendAll(t, s, numbered("nobody", "1"), numbered("broken", "2"), &inferencepb.ModelInferRequest{Id: "3"}, numbered("echo", "4"))
	if err := s.SendMsg(&inferencepb.LogSettingsRequest{Settings: map[string]*inferencepb.LogSettingsRequest_SettingValue{"a": nil}}); err != nil {
		t.Fatal(err)
	}
	nonsense := &inferencepb.RepositoryIndexResponse{Models: []*inferencepb.RepositoryIndexResponse_ModelIndex{{Name: "\x01\x02"}}}
	nonsense.ProtoReflect().SetUnknown([]byte{0x28, 1}) // inputs are no number
	if err := s.SendMsg(nonsense); err != nil {
		t.Fatal(err)
	}
	sendAll(t, s, numbered("echo", "5"))
	all, err := receiveAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "", "", "5"}, ids(all)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	for i, m := range all {
		if failed := m.GetErrorMessage() != ""; failed != !slices.Contains([]int{3, 6}, i) {
			t.Errorf("message %d: %v", i, m)
		}
	}
	if text := all[1].GetErrorMessage(); !strings.Contains(text, "its log has more under id") {
		t.Errorf("a panic is told as %q", text)
	}
}

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

// TestP11StreamsAreCharged: each message as long as it is in flight; what does not fit is refused, and the stream lives.
func TestP11StreamsAreCharged(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) {
		o.Limits.MessageBytes, o.Limits.InflightBytes = 128*units.KiB, 128*units.KiB
	})
	large := numbered("echo", "1")
	large.Inputs[0].Shape, large.RawInputContents[0] = []int64{25000}, make([]byte, 100000)
	s := open(t.Context(), t, g)
	sendAll(t, s, large, numbered("echo", "2"))
	all, err := receiveAll(t, s)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	if !strings.Contains(all[0].GetErrorMessage(), "limits.inflightBytes") || all[0].GetInferResponse().GetId() != "1" {
		t.Errorf("%v, want what does not fit", all[0])
	}
	if all[1].GetErrorMessage() != "" {
		t.Error(all[1])
	}
	g.drained(t)
	if err := testutil.GatherAndCompare(g.registry, strings.NewReader(`
		# HELP manifold_inflight_bytes Bytes of messages that are charged to inference requests being served.
		# TYPE manifold_inflight_bytes gauge
		manifold_inflight_bytes 0
	`), "manifold_inflight_bytes"); err != nil {
		t.Error(err)
	}
}

// TestStreamsAreCountedByRequest: each request of a stream as one of ModelInfer, with its own code.
func TestStreamsAreCountedByRequest(t *testing.T) {
	t.Parallel()
	fails := &streaming{stream: func(_ context.Context, _ *infer.Request, yield func(infer.Reply) error) error {
		return yield(infer.Reply{Err: infer.Errorf(codes.Internal, "no luck")})
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}, "fails": fails}})
	s := open(t.Context(), t, g)
	sendAll(t, s, small("echo"), small("echo"), small("fails"), small("nobody"))
	if _, err := receiveAll(t, s); err != nil {
		t.Fatal(err)
	}
	g.drained(t)
	if err := testutil.GatherAndCompare(g.registry, strings.NewReader(`
		# HELP manifold_requests_total Inference requests that ended, by model or graph, protocol and gRPC code.
		# TYPE manifold_requests_total counter
		manifold_requests_total{code="OK",model="echo",protocol="grpc"} 2
		manifold_requests_total{code="Internal",model="fails",protocol="grpc"} 1
		manifold_requests_total{code="NotFound",model="unknown",protocol="grpc"} 1
	`), "manifold_requests_total"); err != nil {
		t.Error(err)
	}
	if n := strings.Count(g.log.String(), `"msg":"request"`); n != 5 {
		t.Errorf("%d lines in the log, want one for each request and one for the stream", n)
	}
}
