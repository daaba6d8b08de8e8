package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

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
	g.noBytesInFlight(t)
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
