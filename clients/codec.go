package clients

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// lent is a Request on its way out. Its reference for grpc-go is taken when grpc-go asks for the bytes and not before, so a call
// that ends earlier, because no connection came about for example, has nothing to give back.
type lent struct{ request *infer.Request }

// codec is infer.Codec, which also sends lent requests.
type codec struct{ infer.Codec }

var _ encoding.CodecV2 = codec{}

// Marshal implements [encoding.CodecV2].
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if l, ok := v.(lent); ok {
		return l.request.Marshal(), nil
	}
	return c.Codec.Marshal(v)
}
