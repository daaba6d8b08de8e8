package load

import (
	"context"

	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// caller makes calls over connections of its own.
type caller interface {
	// call makes one and returns its code, what was said of an error, and the answer, or why that could not be read.
	call(ctx context.Context, c proof.Call) reply
	close()
}

type reply struct {
	code, message string
	answer        proof.Answer
	broken        error
}

func newCaller(o Options) (caller, error) {
	if o.Protocol == REST {
		return newRESTCaller(o), nil
	}
	return newGRPCCaller(o)
}
