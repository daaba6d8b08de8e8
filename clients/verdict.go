package clients

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/infer"
)

// judge tells what the end of an RPC says of its endpoint and of the call; no fault: that it was answered. The context is that of the
// call, before its end.
//
// INTERNAL, UNKNOWN, DATA_LOSS and RESOURCE_EXHAUSTED may be the fault of what the client sent, and are held against the endpoint all the
// same: no endpoint is ejected for what they all do, and servers have no other code for a model that fails.
func (c *call) judge(ctx context.Context, err error) (balance.Outcome, *dispatch.Fault) {
	if err == nil {
		return balance.Answered, nil
	}
	err = c.link.server.fault(ctx, c, err)
	f := &dispatch.Fault{Err: err}
	c.pushBack(f)
	sent := c.phase.Load() == outbound
	switch code := infer.CodeOf(err); {
	case code == codes.Canceled && ctx.Err() != nil:
		return balance.Abandoned, f
	case !sent:
		f.Unsent = code == codes.Unavailable && !c.waitedEnough()
		return balance.Unsent, f
	case code == codes.DeadlineExceeded && past(ctx):
		return balance.Expired(time.Since(c.start)), f
	case errors.Is(err, infer.ErrTooLarge):
		f.Final = true
		return balance.Answered, f
	case failing(code):
		f.Broken = code == codes.Unavailable
		return balance.Failed, f
	}
	f.Final = true
	return balance.Answered, f
}

// waitedEnough reports whether there is no sense in waiting for a connection once more: the call had all the time there is for that, and
// there is no other address.
func (c *call) waitedEnough() bool {
	return (c.phase.Load() == abandoned || c.patience <= 0) && len(*c.link.server.links.Load()) == 1
}

// failing reports whether an endpoint that says so did not do its work.
func failing(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown, codes.DataLoss, codes.ResourceExhausted:
		return true
	case codes.OK, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.FailedPrecondition,
		codes.Aborted, codes.OutOfRange, codes.Unimplemented, codes.Unauthenticated:
	}
	return false
}

// result is how the call ended.
func (c *call) result() (balance.Outcome, error) {
	if c.fault != nil {
		return c.outcome, c.fault.Err
	}
	return c.outcome, nil
}
