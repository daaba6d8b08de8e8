package graph

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// ensemble runs all steps at once and merges what they answer.
type ensemble []step

var _ router = ensemble(nil)

// Infer cancels all steps when a Hard one fails. It returns when every step has.
func (e ensemble) Infer(ctx context.Context, in *infer.Request) (*infer.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	members := make([]infer.Member, len(e))
	var running sync.WaitGroup
	var hard sync.Once
	var decisive error
	for i := range e {
		running.Go(func() {
			members[i] = e[i].contribute(ctx, in, i)
			if err := members[i].Err; err != nil && e[i].hard {
				hard.Do(func() { decisive = err })
				cancel()
			}
		})
	}
	running.Wait()
	if err := e.failure(decisive, members); err != nil {
		free(members)
		return nil, err
	}
	return infer.Merge(infer.Head{ModelName: e[0].info.Graph, ID: in.ID()}, members)
}

// stream gives the sink one reply: what several answer is merged when all have.
func (e ensemble) stream(ctx context.Context, in *infer.Request, out sink) error {
	resp, err := e.Infer(ctx, in)
	if err != nil {
		return err
	}
	return out.once(resp)
}

func free(members []infer.Member) {
	for i := range members {
		if r := members[i].Response; r != nil {
			r.Free()
		}
	}
}

// contribute runs the step. A panic must not end the process from a goroutine where no edge recovers it.
func (s *step) contribute(ctx context.Context, in *infer.Request, index int) (m infer.Member) {
	m.Name = member(s.info.Name, index)
	defer func() {
		if v := recover(); v != nil {
			m.Err = &infer.Error{
				Code: codes.Internal, Origin: s.path, Reason: "the step panicked",
				Cause: fmt.Errorf("panic: %v\n%s", v, debug.Stack()),
			}
		}
	}()
	m.Response, m.Err = s.run(ctx, in, nil)
	return m
}

// failure is the answer when there are no outputs to give: the first Hard failure in the list, leaving out steps that ended only
// because of the decisive one; or, when every step failed, the first failure.
func (e ensemble) failure(decisive error, members []infer.Member) error {
	for i := range members {
		err := members[i].Err
		switch {
		case decisive != nil && err != nil && e[i].hard && infer.CodeOf(err) != codes.Canceled:
			return err
		case decisive == nil && err == nil:
			return nil
		}
	}
	if decisive != nil {
		return decisive
	}
	return members[0].Err
}

func (e ensemble) calls() int { return sum(e) }

func (e ensemble) part(p part) []*step {
	if p == last {
		return nil
	}
	return every(e)
}
