package server

import (
	"io"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/internal/units"
)

// window is what is held of a body that is decoded while it comes, and how large one is at least for that to be worth it.
const window = 256 * units.KiB

// isLarge reports whether the body is large, or its client does not say.
func (r *bodyReader) isLarge() bool { return r.length < 0 || r.length > int64(window) }

// decode makes a request of JSON as it comes. What is held is charged while it comes; a body that is refused is read to its end, so that
// its client hears why.
func (r *bodyReader) decode(o tensorjson.Options) (*infer.Request, tensorjson.OutputForm, error) {
	if r.length > r.limit {
		return nil, tensorjson.OutputForm{}, r.tooLarge()
	}
	held := charge{budget: r.budget}
	defer held.release()
	defer r.lift()
	buffer := r.buffers.Get(int(window))
	defer r.buffers.Put(buffer)
	req, form, err := tensorjson.DecodeArriving(tensorjson.Arriving{
		Reader: r, Window: *buffer, Reserve: func(bytes int) error { return held.grow(int64(bytes)) },
	}, o)
	if infer.CodeOf(err) == codes.InvalidArgument {
		_, _ = io.Copy(io.Discard, r)
	}
	return req, form, err
}
