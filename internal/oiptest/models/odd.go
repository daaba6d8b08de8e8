package models

import (
	"context"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// notFinite answers three numbers that are none, and three that are. Source: qa/L0_nan_inf.
func notFinite(context.Context, *call) ([]infer.TensorData, error) {
	values := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1, 2, 3}
	return []infer.TensorData{tensor("OUTPUT0", infer.Shape{6}, values...)}, nil
}

// extremes answers the limits of each datatype.
func extremes(context.Context, *call) ([]infer.TensorData, error) {
	nan, inf := math.Float64frombits(0x7ff8<<48), math.Inf(1) // Go's own NaN has another payload than anybody else's
	return []infer.TensorData{
		tensor("FP32", infer.Shape{6}, float32(nan), float32(inf), float32(-inf), float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, math.MaxFloat32),
		tensor("FP64", infer.Shape{6}, nan, inf, -inf, math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64),
		tensor("UINT64", infer.Shape{3}, uint64(0), uint64(math.MaxUint64), uint64(1<<53+1)),
		tensor("INT64", infer.Shape{3}, int64(math.MinInt64), int64(math.MaxInt64), int64(-1)),
		texts("TEXT", infer.Shape{3}, "", "ü\"\\\n\x01/", "<&>"),
		tensor[float32]("NONE", infer.Shape{0, 3}),
		texts("BINARY", infer.Shape{1}, "\xff\x00\xfe"),
		{Name: "HALF", DataType: infer.FP16, Shape: infer.Shape{2}, Data: mem.SliceBuffer([]byte{0x00, 0x3e, 0x00, 0x7c})},
	}, nil
}

// versions answers the number of the version that answers.
func versions(_ context.Context, c *call) ([]infer.TensorData, error) {
	n, err := strconv.ParseInt(c.version, 10, 64)
	return []infer.TensorData{tensor("VERSION", infer.Shape{1}, n)}, err
}

// parameters answers the request's parameters, keys and values as text, by key. Source: qa/L0_parameters.
func parameters(_ context.Context, c *call) ([]infer.TensorData, error) {
	p := slices.DeleteFunc(slices.Clone(c.parameters), func(p infer.Parameter) bool { return infer.FramesTransfer(p.Key) })
	slices.SortStableFunc(p, func(a, b infer.Parameter) int { return strings.Compare(a.Key, b.Key) })
	keys, values := make([]string, len(p)), make([]string, len(p))
	for i, entry := range p {
		keys[i], values[i] = entry.Key, asText(entry.Value)
	}
	shape := infer.Shape{int64(len(p))}
	return []infer.TensorData{texts("key", shape, keys...), texts("value", shape, values...)}, nil
}

// asText writes a value as Python does, which is what the model's twin is written in.
func asText(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".eIN") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(value)
}

// fail fails with the code that CODE names, in Triton's words or in gRPC's.
func fail(_ context.Context, c *call) ([]infer.TensorData, error) {
	names, err := infer.Strings(c.inputs["CODE"])
	if err != nil {
		return nil, err
	}
	code, ok := codeNames[names[0]]
	if !ok {
		code = codes.Internal
	}
	return nil, infer.Errorf(code, "this is %s: “quoted” \\ and\nbroken", names[0])
}

// codeNames are the codes by name. Source: TRITONSERVER_Error_Code and google.rpc.Code.
var codeNames = map[string]codes.Code{
	"UNKNOWN": codes.Unknown, "INTERNAL": codes.Internal, "NOT_FOUND": codes.NotFound, "INVALID_ARG": codes.InvalidArgument,
	"UNAVAILABLE": codes.Unavailable, "UNSUPPORTED": codes.Unimplemented, "ALREADY_EXISTS": codes.AlreadyExists, "CANCELLED": codes.Canceled,
	"INVALID_ARGUMENT": codes.InvalidArgument, "DEADLINE_EXCEEDED": codes.DeadlineExceeded, "PERMISSION_DENIED": codes.PermissionDenied,
	"RESOURCE_EXHAUSTED": codes.ResourceExhausted, "FAILED_PRECONDITION": codes.FailedPrecondition, "ABORTED": codes.Aborted,
	"OUT_OF_RANGE": codes.OutOfRange, "UNIMPLEMENTED": codes.Unimplemented, "DATA_LOSS": codes.DataLoss, "UNAUTHENTICATED": codes.Unauthenticated,
}

// slow answers after MS milliseconds, or not at all when the call ends before.
func slow(ctx context.Context, c *call) ([]infer.TensorData, error) {
	ms, err := first[int32](c, "MS", 0)
	if err != nil {
		return nil, err
	}
	if err := wait(ctx, time.Duration(ms)*time.Millisecond); err != nil {
		return nil, err
	}
	return []infer.TensorData{tensor("DONE", infer.Shape{1}, true)}, nil
}

// zeros answers SIZE bytes, for messages of any size without a request as large.
func zeros(_ context.Context, c *call) ([]infer.TensorData, error) {
	n, err := first[int64](c, "SIZE", 0)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > math.MaxInt32 {
		return nil, invalid("SIZE %d is not within 0 and 2 GiB", n)
	}
	return []infer.TensorData{{Name: "DATA", DataType: infer.Uint8, Shape: infer.Shape{n}, Data: mem.SliceBuffer(make([]byte, n))}}, nil
}

// measure answers how many bytes it was sent, and their CRC-32: the other way round.
func measure(_ context.Context, c *call) ([]infer.TensorData, error) {
	data, err := c.inputs["DATA"].Bytes()
	if err != nil {
		return nil, err
	}
	return []infer.TensorData{tensor("SIZE", infer.Shape{1}, int64(len(data))), tensor("CRC", infer.Shape{1}, crc32.ChecksumIEEE(data))}, nil
}
