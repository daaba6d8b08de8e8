package graph

import (
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// step is one step of a router, with all that running it takes.
type step struct {
	info      StepInfo
	path      string // of its errors: "graph iris: node root: step 2 (plant)"
	target    target
	condition *condition // nil: none
	weight    int64
	chained   bool // its request is made of the previous response
	hard      bool
	instances bool          // its request has the predictions of a V1 document as instances
	timeout   time.Duration // 0: none
	observer  Observer      // nil: none
	counter   *tally.Counter
}

// target is what a step runs: a *node of its graph, another graph's *Plan or a *service.
type target interface {
	infer.Handler
	// stream is Infer with any number of replies.
	stream(ctx context.Context, in *infer.Request, out sink) error
	size() size
}

// errPanicked is what an observer sees of a step that panics.
var errPanicked = errors.New("the step panicked")

// run answers node, the input of the step's node, or, when the step is chained, what follows previous. It borrows both.
func (s *step) run(ctx context.Context, node *infer.Request, previous *infer.Response) (resp *infer.Response, err error) {
	if err := ctx.Err(); err != nil {
		return nil, expired(ctx, s.path, infer.At(s.path, err))
	}
	ctx, end := s.begin(ctx)
	err = errPanicked
	defer func() { end(err) }()
	ctx, cancel := limit(ctx, s.timeout)
	defer cancel()
	resp, err = s.call(ctx, node, previous)
	return resp, expired(ctx, s.path, err)
}

// begin tells the observer that the step begins. The function is to be called as it ends.
func (s *step) begin(ctx context.Context) (context.Context, func(error)) {
	start := time.Now()
	if s.observer == nil {
		return ctx, func(err error) { s.counter.Done(start, err) }
	}
	ctx, done := s.observer.Step(ctx, s.info)
	return ctx, func(err error) {
		s.counter.Done(start, err)
		done(err)
	}
}

func (s *step) call(ctx context.Context, in *infer.Request, previous *infer.Response) (*infer.Response, error) {
	in, done, err := s.input(ctx, in, previous)
	if err != nil {
		return nil, err
	}
	defer done()
	resp, err := s.target.Infer(ctx, in)
	return resp, s.blame(err)
}

// input is the request that the target gets, lent until done is called.
func (s *step) input(ctx context.Context, node *infer.Request, previous *infer.Response) (in *infer.Request, done func(), err error) {
	in, done = node, func() {}
	if s.chained {
		if in, err = infer.Successor(previous, node, takes(ctx, s.target)); err != nil {
			return nil, nil, infer.At(s.path, err)
		}
		done = in.Free
	}
	if s.instances {
		defer done()
		in = in.WithInstances()
		done = in.Free
	}
	return in, done, nil
}

// blame says that err is the step's. An error of a node names a place in this graph already.
func (s *step) blame(err error) error {
	if _, nested := s.target.(*node); nested {
		return err
	}
	return at(s.path, err)
}

// longestOrigin is where graphs of graphs stop to add their own place to an error's.
const longestOrigin = 256

// at is infer.At, except for an error that has come through many graphs.
func at(path string, err error) error {
	if err != nil && len(infer.AsError(err).Origin) > longestOrigin {
		return err
	}
	return infer.At(path, err)
}

// member is the step's name in an Ensemble's answer.
func member(name string, index int) string {
	if name == "" {
		return strconv.Itoa(index)
	}
	return name
}

// timeoutError is the cause of a context that ended by a limit of the graph's own, not by the client's deadline.
type timeoutError struct{ after time.Duration }

func (t *timeoutError) Error() string {
	return "no answer within " + t.after.String() + ", which the graph's spec allows"
}

// Unwrap says what kind of end it is.
func (t *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// limit bounds ctx by a limit of the graph's own; 0 is none.
func limit(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	if after <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, after, &timeoutError{after})
}

// expired tells of the limit that ended ctx in place of err, if that is what err came from. The innermost step tells.
func expired(ctx context.Context, path string, err error) error {
	if code := infer.CodeOf(err); code != codes.DeadlineExceeded && code != codes.Canceled {
		return err
	}
	var limit, told *timeoutError
	if errors.As(err, &told) || !errors.As(context.Cause(ctx), &limit) {
		return err
	}
	return &infer.Error{Code: codes.DeadlineExceeded, Origin: path, Reason: limit.Error(), Cause: limit}
}
