package clients

import (
	"math"
	"strconv"
	"strings"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// outgoing is what becomes of a request's parameter on its way to a server: what framed the hop before stays behind (T8), other
// servers than Triton do not get Triton's, and those whose protocol has three kinds of values get no others (T7).
func (d Dialect) outgoing(of infer.Bearer, p infer.Parameter) (infer.Parameter, bool) {
	switch {
	case framesData(p.Key):
		return p, false
	case d == Triton:
		return p, true
	case strings.HasPrefix(p.Key, "triton_"), infer.FramesTransfer(p.Key),
		of == infer.OfOutput && p.Key == classification.Parameter:
		return p, false
	}
	if d == KServe || d == MLServer || d == OpenVINO {
		p.Value = narrow(p.Value)
	}
	return p, true
}

// incoming is what becomes of a response's parameter.
func (d Dialect) incoming(_ infer.Bearer, p infer.Parameter) (infer.Parameter, bool) {
	return p, !framesData(p.Key) && (d == Triton || !strings.HasPrefix(p.Key, "shared_memory_"))
}

// framesData reports whether a parameter tells how a REST body has its tensors. A message in protobuf that has it got it from a
// client that made it of such a body, as KServe's does, or from a server that keeps what it was sent.
func framesData(key string) bool {
	switch key {
	case "binary_data_size", "binary_data", "binary_data_output":
		return true
	}
	return false
}

// narrow is a value as servers know it that have booleans, signed integers and text alone.
func narrow(value any) any {
	switch v := value.(type) {
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
		return strconv.FormatUint(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return value
}
