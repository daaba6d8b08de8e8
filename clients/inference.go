package clients

import (
	"context"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// inference is a request on its way, perhaps to several endpoints.
type inference struct {
	server *Server
	errand *errand
}

// inferred is what came of it, and where.
type inferred struct {
	response *infer.Response
	address  string
}

// call is what the fleet is told of it.
func (o *errand) call(model string) balance.Call {
	return balance.Call{Model: model, Sequence: o.sequence, Repeatable: o.sequence == ""}
}

// attempt is how the request is sent to an endpoint: lent, so that it can be sent to another one too.
func (i inference) attempt() dispatch.Attempt[*link, inferred] {
	return dispatch.Attempt[*link, inferred]{Run: i.run, Drop: func(r inferred) { r.response.Free() }}
}

func (i inference) run(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (inferred, *dispatch.Fault) {
	var reply infer.Frame
	c := i.server.invoke(ctx, cancel, lease.Endpoint.Link, inferencepb.GRPCInferenceService_ModelInfer_FullMethodName,
		lent{i.errand.request}, &reply)
	if c.fault != nil {
		reply.Buffers.Free()
		lease.Done(c.outcome)
		return inferred{}, c.fault
	}
	response, err := i.errand.read(reply)
	if err != nil {
		lease.Done(balance.Failed)
		return inferred{}, &dispatch.Fault{Err: infer.At(i.server.origin(c.address()), err)}
	}
	lease.Done(balance.Answered)
	return inferred{response, c.address()}, nil
}
