package models_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// event is a message of a stream in comparable form: its outputs or the code of its error, and whether it is the final one.
type event struct {
	Outputs string
	Code    codes.Code
	Final   bool
}

func stream(ctx context.Context, t *testing.T, name string, parameters infer.Parameters, inputs ...infer.TensorData) ([]event, error) {
	t.Helper()
	req := infer.NewRequest(infer.Head{ID: "7", Parameters: parameters}, inputs, nil)
	defer req.Free()
	var all []event
	err := model(t, name).Stream(ctx, req, func(r infer.Reply) error {
		defer r.Response.Free()
		if r.Response.ID() != "7" {
			t.Errorf("a message has id %q", r.Response.ID())
		}
		e := event{Final: r.Response.IsFinal()}
		if r.Err != nil {
			e.Code = r.Err.Code
		}
		for _, o := range outputs(t, r.Response) {
			e.Outputs += fmt.Sprintf("%s%v=%x ", o.Name, o.Shape, o.Raw)
		}
		all = append(all, e)
		return nil
	})
	return all, err
}

var wantsFinal = infer.Parameters{{Key: infer.EnableEmptyFinalResponse, Value: true}}

func TestDecoupledModelsAnswerAnyNumberOfTimes(t *testing.T) {
	t.Parallel()
	in := input("IN", infer.Shape{2}, int32(5), 6)
	delay := input("DELAY", infer.Shape{2}, uint32(0), 0)
	waits := input("WAIT", infer.Shape{1}, uint32(0))
	five, six := event{Outputs: "OUT[1]=05000000 IDX[1]=00000000 "}, event{Outputs: "OUT[1]=06000000 IDX[1]=01000000 "}
	last := event{Final: true}
	prompt := text("PROMPT", infer.Shape{1, 1}, "a")
	a := event{Outputs: "TEXT[1,1]=0100000061 "}
	yes := input("STREAM", infer.Shape{1, 1}, true)
	for _, c := range []struct {
		name, model string
		parameters  infer.Parameters
		inputs      []infer.TensorData
		want        []event
	}{
		{"one for each value", "repeat_int32", nil, []infer.TensorData{in, delay, waits}, []event{five, six}},
		{"and an empty one, if asked for", "repeat_int32", wantsFinal, []infer.TensorData{in, delay, waits}, []event{five, six, last}},
		{"none", "repeat_int32", nil, []infer.TensorData{input[int32]("IN", infer.Shape{0}), input[uint32]("DELAY", infer.Shape{0}), waits}, nil},
		{"none and an empty one", "repeat_int32", wantsFinal, []infer.TensorData{input[int32]("IN", infer.Shape{0}), input[uint32]("DELAY", infer.Shape{0}), waits}, []event{last}},
		{"a number as often", "square_int32", nil, []infer.TensorData{input("IN", infer.Shape{1}, int32(2))}, []event{{Outputs: "OUT[1]=02000000 "}, {Outputs: "OUT[1]=02000000 "}}},
		{"an error in its place", "repeat", wantsFinal, []infer.TensorData{input("IN", infer.Shape{2}, int32(-1), 6)}, []event{{Code: codes.InvalidArgument}, six, last}},
		{"the last is final", "repeat", wantsFinal, []infer.TensorData{in, input("JOINED", infer.Shape{1}, true)}, []event{five, {six.Outputs, 0, true}}},
		{"whole", "mock_llm", wantsFinal, []infer.TensorData{prompt, input("STREAM", infer.Shape{1, 1}, false)}, []event{{a.Outputs, 0, true}}},
		{"in pieces", "mock_llm", infer.Parameters{{Key: "REPETITION", Value: int64(2)}}, []infer.TensorData{prompt, yes}, []event{a, a}},
		{"that end badly", "mock_llm", infer.Parameters{{Key: "FAIL_LAST", Value: true}}, []infer.TensorData{prompt, yes}, []event{a, {Code: codes.Internal, Final: true}}},
		{"without text", "mock_llm", infer.Parameters{{Key: "OUTPUT_0_DIM", Value: true}}, []infer.TensorData{prompt, yes}, []event{{Outputs: "TEXT[1,0]= "}}},
		{"ids are taken", "mock_llm", nil, []infer.TensorData{prompt, yes, input("input_ids", infer.Shape{1, 2}, int32(1), 2)}, []event{a}},
		{
			"inputs for parameters", "llm", nil,
			[]infer.TensorData{text("PROMPT", infer.Shape{1}, "a"), input("REPETITION", infer.Shape{1}, int32(2)), input("FAIL_LAST", infer.Shape{1}, true)},
			[]event{{Outputs: "TEXT[1]=0100000061 "}, {Code: codes.Unavailable}},
		},
		{"a model that answers once", "two", wantsFinal, []infer.TensorData{input("ANY", infer.Shape{1}, int32(0))}, []event{{Outputs: "VERSION[1]=0200000000000000 ", Final: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := stream(t.Context(), t, c.model, c.parameters, c.inputs...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDelaysAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := stream(t.Context(), t, "repeat_int32", nil, input("IN", infer.Shape{2}, int32(5), 6),
			input("DELAY", infer.Shape{2}, uint32(300), 700), input("WAIT", infer.Shape{1}, uint32(0)))
		if took := time.Since(start); err != nil || took != time.Second {
			t.Errorf("took %v, %v", took, err)
		}
		start = time.Now()
		_, err = stream(t.Context(), t, "mock_llm", infer.Parameters{{Key: "DELAY", Value: 1.5}, {Key: "REPETITION", Value: int64(2)}},
			text("PROMPT", infer.Shape{1, 1}, "a"), input("STREAM", infer.Shape{1, 1}, true))
		if took := time.Since(start); err != nil || took != 3*time.Second {
			t.Errorf("took %v, %v", took, err)
		}
	})
}

func TestStreamsThatCannotBeginSaySo(t *testing.T) {
	t.Parallel()
	_, err := stream(t.Context(), t, "square_int32", nil, input("IN", infer.Shape{2}, int32(1), 2))
	fails(t, err, codes.InvalidArgument)
	_, err = stream(t.Context(), t, "repeat", nil, input("IN", infer.Shape{2}, int32(1), 2), input("DELAY", infer.Shape{1}, uint32(1)))
	fails(t, err, codes.InvalidArgument)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = stream(cancelled, t, "square_int32", nil, input("IN", infer.Shape{1}, int32(1_000_000)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// What yield says ends the stream.
func TestStreamsEndWithTheirReader(t *testing.T) {
	t.Parallel()
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{input("IN", infer.Shape{1}, int32(3))}, nil)
	defer req.Free()
	gone, times := errors.New("the client is gone"), 0
	err := model(t, "square_int32").Stream(t.Context(), req, func(r infer.Reply) error {
		r.Response.Free()
		times++
		return gone
	})
	if !errors.Is(err, gone) || times != 1 {
		t.Errorf("%v after %d messages", err, times)
	}
}
