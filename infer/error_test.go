package infer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/infer"
)

func TestErrorsKeepTheirCodeAndSayWhoFailedOnce(t *testing.T) {
	t.Parallel()
	down := &infer.Error{Code: codes.Unavailable, Origin: "upstream vision", Reason: "connection refused"}
	for _, tt := range []struct {
		err  error
		code codes.Code
		text string
	}{
		{infer.At("graph iris", down), codes.Unavailable, "graph iris: upstream vision: connection refused"},
		{infer.At("graph iris", fmt.Errorf("wrapped: %w", down)), codes.Unavailable, "graph iris: upstream vision: connection refused"},
		{infer.At("g", context.Canceled), codes.Canceled, "g: the call was cancelled"},
		{infer.At("g", fmt.Errorf("x: %w", context.DeadlineExceeded)), codes.DeadlineExceeded, "g: the deadline passed"},
		{infer.At("g", status.Error(codes.NotFound, "no such model")), codes.NotFound, "g: no such model"}, // never "rpc error: code ="
		{infer.At("g", io.EOF), codes.Internal, "g: EOF"},
		{infer.Errorf(codes.InvalidArgument, "shape: %w", io.EOF), codes.InvalidArgument, "shape: EOF"},
	} {
		if infer.CodeOf(tt.err) != tt.code || status.Code(tt.err) != tt.code || tt.err.Error() != tt.text {
			t.Errorf("got %v: %v, want %v: %v", infer.CodeOf(tt.err), tt.err, tt.code, tt.text)
		}
	}
	if !errors.Is(infer.At("g", down), down) || !errors.Is(infer.Errorf(codes.Internal, "%w", io.EOF), io.EOF) {
		t.Error("the cause is lost")
	}
	if infer.At("g", nil) != nil || infer.CodeOf(nil) != codes.OK {
		t.Error("nil is not an error")
	}
}

func TestShapeElements(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shape infer.Shape
		want  int
		ok    bool
	}{
		{nil, 1, true}, // T20: a scalar
		{infer.Shape{2, 3}, 6, true},
		{infer.Shape{0, 5}, 0, true},
		{infer.Shape{-1}, 0, false},
		{infer.Shape{0, -1}, 0, false},
		{infer.Shape{1 << 62, 2}, 0, false},
		{infer.Shape{1 << 62, 4}, 0, false}, // the product wraps to 0
		{infer.Shape{0, 1 << 62, 4}, 0, false},
	} {
		if got, ok := tt.shape.Elements(); got != tt.want || ok != tt.ok {
			t.Errorf("%v: %d, %v", tt.shape, got, ok)
		}
	}
	if !(infer.Shape{1, 5}).Matches(infer.Shape{1, -1}) || (infer.Shape{2}).Matches(infer.Shape{1}) || (infer.Shape{}).Matches(infer.Shape{1}) {
		t.Error("Matches is wrong")
	}
}
