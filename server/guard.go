package server

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// checkRequest refuses what the protocol does not allow and what is not served, so that model servers never see it: some die of
// it. What depends on the model, such as classes of what has no order, is refused by the model itself.
func (i *inference) checkRequest(ctx context.Context, req *infer.Request) error {
	if err := i.checkMemory(ctx, req); err != nil {
		return err
	}
	if err := req.Validate(); err != nil {
		return err
	}
	outputs, err := req.Outputs()
	if err != nil {
		return err
	}
	if _, err := classification.Wanted(outputs); err != nil {
		return err
	}
	parameters, err := req.Parameters()
	if err != nil {
		return err
	}
	for _, p := range parameters {
		if err := checkParameter(p); err != nil {
			return err
		}
	}
	return nil
}

// checkParameter holds a request's parameter against Triton's rules, also where the model is on another server.
func checkParameter(p infer.Parameter) error {
	var expected string
	switch p.Key {
	case "sequence_id":
		expected = kinds(p, "int64_param or string_param", is[int64], is[string])
	case "sequence_start", "sequence_end", infer.EnableEmptyFinalResponse:
		expected = kinds(p, "bool_param", is[bool])
	case "priority":
		if v, ok := p.Value.(int64); ok && v < 0 {
			return infer.Errorf(codes.InvalidArgument, "invalid value for 'priority', expected value >= 0; it is %d", v)
		}
		expected = kinds(p, "int64_param or uint64_param", is[int64], is[uint64])
	case "timeout":
		expected = kinds(p, "int64_param, which are microseconds", is[int64])
	default:
		if strings.HasPrefix(p.Key, "triton_") {
			return infer.Errorf(codes.InvalidArgument, "parameter %q: keys that begin with triton_ are reserved; %s is the only one that requests may have",
				clip(p.Key, maxName), infer.EnableEmptyFinalResponse)
		}
		expected = kinds(p, "int64_param, bool_param, string_param or double_param", is[int64], is[bool], is[string], is[float64])
	}
	if expected == "" {
		return nil
	}
	return infer.Errorf(codes.InvalidArgument, "invalid value type for '%s' parameter, expected %s", clip(p.Key, maxName), expected)
}

// kinds is expected unless the parameter's value is of one of the kinds, which is "".
func kinds(p infer.Parameter, expected string, allowed ...func(any) bool) string {
	for _, is := range allowed {
		if is(p.Value) {
			return ""
		}
	}
	return expected
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}
