package rest

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/infer"
)

// attempt is a call, made at one endpoint or at several, and what its answer is read as.
type attempt[R any] struct {
	server *Server
	query  query
	read   func(*answer) (R, error) // the error, an *infer.Error, says that the answer is nonsense
}

// work has the server do something for a model, which is what the policies are about. The error is an *infer.Error.
func (s *Server) work(ctx context.Context, c balance.Call, q query, read func(*answer) (*infer.Response, error)) (*infer.Response, error) {
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	a := attempt[*infer.Response]{s, q, read}
	resp, err := fleet.Do(ctx, s.fleet, c, dispatch.Attempt[*link, *infer.Response]{Run: a.run, Drop: (*infer.Response).Free})
	return resp, s.own(err)
}

// ask asks something that every endpoint can tell; of a model, or empty. The error is an *infer.Error.
func (s *Server) ask(ctx context.Context, model string, q query) (*answer, error) {
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	a := attempt[*answer]{s, q, func(a *answer) (*answer, error) { return a, nil }}
	told, err := fleet.Ask(ctx, s.fleet, balance.Call{Model: model}, dispatch.Attempt[*link, *answer]{Run: a.run, Drop: func(*answer) {}})
	return told, s.own(err)
}

// run implements the Run of [dispatch.Attempt].
func (a *attempt[R]) run(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (R, *dispatch.Fault) {
	defer cancel()
	result, outcome, fault := a.try(ctx, lease.Endpoint.Link)
	lease.Done(outcome)
	return result, fault
}

// try makes the call over a link.
func (a *attempt[R]) try(ctx context.Context, l *link) (R, balance.Outcome, *dispatch.Fault) {
	var none R
	start := time.Now()
	got, err := send(ctx, l, a.query)
	if err != nil {
		outcome, fault := a.server.broke(ctx, l, start, err)
		return none, outcome, fault
	}
	if !a.query.accepts(got.status) {
		outcome, fault := a.server.judge(got)
		return none, outcome, fault
	}
	result, err := a.read(got)
	if err != nil {
		return none, balance.Failed, &dispatch.Fault{Err: err}
	}
	return result, balance.Answered, nil
}

// broke tells what a call without an answer says of its endpoint. Net/http itself sends again what it knows not to have left, over
// another connection to the same address; of what remains the fate is unknown.
func (s *Server) broke(ctx context.Context, l *link, start time.Time, err error) (balance.Outcome, *dispatch.Fault) {
	var dial *dialError
	var broken *brokenError
	var large *largeError
	fault := &dispatch.Fault{Err: s.fault(ctx, l, err)}
	switch {
	case errors.As(err, &dial):
		fault.Unsent = true
		return balance.Unsent, fault
	case errors.Is(ctx.Err(), context.Canceled):
		return balance.Abandoned, fault
	case errors.As(err, &large):
		fault.Final = true
		return balance.Answered, fault
	case ctx.Err() != nil:
		return balance.Expired(time.Since(start)), fault
	case errors.As(err, &broken) && broken.bytes > 0:
		return balance.Failed, fault
	case l.connector.isClosed():
		fault.Broken = true
		return balance.Abandoned, fault // the gateway hung up, not the endpoint
	}
	fault.Broken = true
	return balance.Failed, fault
}

// judge tells what an answer that is none says of its endpoint. A status of the server's own failure is held against it; when it came in
// place of the work, and not out of it, another endpoint may be asked. One that has too much to do is not: the caller is to wait.
func (s *Server) judge(a *answer) (balance.Outcome, *dispatch.Fault) {
	err := s.refused(a)
	fault := &dispatch.Fault{Err: err, Said: a.pushback() != 0, Pushback: a.pushback()}
	switch codeOf(a.status) {
	case codes.Unavailable, codes.DeadlineExceeded:
		fault.Broken = true
		return balance.Failed, fault
	case codes.Internal, codes.ResourceExhausted:
		if a.status >= 500 || a.status == 429 {
			return balance.Failed, fault
		}
	}
	fault.Final = true
	return balance.Answered, fault
}
