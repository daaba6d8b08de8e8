package server

import (
	"net/http"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// headerLengthHeader is how long the JSON of a body is that has binary data behind it, in uncompressed bytes.
const headerLengthHeader = "Inference-Header-Content-Length"

// framing is what headerLengthHeader says of a body.
type framing struct {
	length int64 // of the JSON
	given  bool  // without it, all of the body is JSON
}

// framingOf reads the header. The Content-Type is not asked: clients send none, or anything.
// Source: Triton, "Binary Tensor Data Extension".
func framingOf(h http.Header) (framing, error) {
	values := slices.Compact(slices.Clone(h.Values(headerLengthHeader)))
	if len(values) == 0 {
		return framing{}, nil
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil || len(values) > 1 {
		return framing{}, infer.Errorf(codes.InvalidArgument, "%s %s is not the length of the JSON, a whole number of bytes from 0",
			headerLengthHeader, clip(strconv.Quote(values[len(values)-1]), maxName))
	}
	return framing{int64(n), true}, nil
}

// raw reports whether the body is nothing but the data of a model's one input.
func (f framing) raw() bool { return f.given && f.length == 0 }

// split returns the JSON, and the data behind it: nil when the body has none to have. The caller frees the data.
func (f framing) split(body mem.Buffer) ([]byte, mem.Buffer, error) {
	text := body.ReadOnlyData()
	if !f.given {
		return text, nil, nil
	}
	if f.length > int64(len(text)) {
		return nil, nil, infer.Errorf(codes.InvalidArgument, "%s is %d, but the body has %d bytes", headerLengthHeader, f.length, len(text))
	}
	return text[:f.length], body.Slice(int(f.length), len(text)), nil
}
