package infer_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

func answered(parameters infer.Parameters) *infer.Response {
	return infer.NewResponse(infer.Head{ModelName: "m", ID: "7", Parameters: parameters}, []infer.TensorData{
		{Name: "y", DataType: infer.Uint8, Shape: infer.Shape{2}, Data: mem.SliceBuffer{1, 2}},
	})
}

func TestFinalReplacesWhatWasSaid(t *testing.T) {
	t.Parallel()
	for _, said := range []infer.Parameters{nil, {{infer.FinalResponse, false}}, {{infer.FinalResponse, true}, {"other", "kept"}}} {
		for _, last := range []bool{true, false} {
			r := answered(said).Final(last)
			p, err := r.Parameters()
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := p.Lookup(infer.FinalResponse); !ok || v != last {
				t.Errorf("%v, Final(%t): parameters %v", said, last, p)
			}
			if r.IsFinal() != last {
				t.Errorf("%v, Final(%t): IsFinal is %t", said, last, r.IsFinal())
			}
			if _, kept := p.Lookup("other"); len(said) == 2 && !kept {
				t.Error("another parameter was lost")
			}
			if len(r.Tensors()) != 1 || r.ID() != "7" {
				t.Error("the response lost its tensor or its id")
			}
			r.Free()
		}
	}
}

func TestAResponseThatSaysNothingIsFinal(t *testing.T) {
	t.Parallel()
	r := answered(nil)
	defer r.Free()
	if !r.IsFinal() {
		t.Error("it is not")
	}
}

func TestStreamOnceGivesTheOneResponseAsTheFinalOne(t *testing.T) {
	t.Parallel()
	once := infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) { return answered(nil), nil })
	replies := 0
	err := infer.StreamOnce(t.Context(), once, nil, func(reply infer.Reply) error {
		defer reply.Response.Free()
		replies++
		if p, _ := reply.Response.Parameters(); len(p) != 1 || p[0] != (infer.Parameter{Key: infer.FinalResponse, Value: true}) {
			t.Errorf("parameters %v", p)
		}
		return nil
	})
	if err != nil || replies != 1 {
		t.Errorf("%d replies, error %v", replies, err)
	}
}

func TestStreamOnceReturnsTheError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fails := infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) { return nil, broken })
	err := infer.StreamOnce(t.Context(), fails, nil, func(infer.Reply) error {
		t.Error("there was a reply")
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	gone := infer.Errorf(codes.Canceled, "the client is gone")
	fine := infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) { return answered(nil), nil })
	if err := infer.StreamOnce(t.Context(), fine, nil, func(r infer.Reply) error { r.Response.Free(); return gone }); !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
}

func TestWantsEmptyFinal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parameters infer.Parameters
		want       bool
	}{
		{nil, false},
		{infer.Parameters{{infer.EnableEmptyFinalResponse, true}}, true},
		{infer.Parameters{{infer.EnableEmptyFinalResponse, false}}, false},
		{infer.Parameters{{infer.EnableEmptyFinalResponse, "true"}}, false},
		{infer.Parameters{{infer.EnableEmptyFinalResponse, true}, {infer.EnableEmptyFinalResponse, false}}, false},
	} {
		r := infer.NewRequest(infer.Head{ModelName: "m", Parameters: tt.parameters}, nil, nil)
		if got := r.WantsEmptyFinal(); got != tt.want {
			t.Errorf("%v: %t", tt.parameters, got)
		}
		r.Free()
	}
}
