package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/manifold-serving/manifold/infer"
)

// query is one HTTP call.
type query struct {
	method string
	path   string // escaped
	header http.Header
	body   *body // nil: none
	limit  int   // of the answer, in bytes
}

// answer is what came back, whatever its status.
type answer struct {
	replica *replica
	status  int
	header  http.Header
	body    []byte
}

// ask makes a call and returns an answer with a status of success. The error is an *infer.Error.
func (s *Server) ask(ctx context.Context, q query) (*answer, error) {
	a, err := s.call(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.status < 200 || a.status > 299 {
		return nil, s.refused(a)
	}
	return a, nil
}

// call sends q to the first replica that can be reached.
func (s *Server) call(ctx context.Context, q query) (*answer, error) {
	if s.gate.isClosed() {
		return nil, s.unavailable(nil, errClosed)
	}
	caller := ctx
	ctx, done := s.gate.enter(ctx, timeoutOf(s.options))
	defer done()
	var fault error
	for _, r := range s.pool.order() {
		a, err := s.send(ctx, r, q)
		if err == nil {
			return a, nil
		}
		fault = s.fault(caller, ctx, r, err)
		var dial *dialError
		if !errors.As(err, &dial) || ctx.Err() != nil {
			return nil, fault
		}
		r.reached(false)
	}
	return nil, fault
}

func (s *Server) send(ctx context.Context, r *replica, q query) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, r.url+q.path, http.NoBody)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, q.header)
	req.Header.Set("User-Agent", "manifold")
	if q.body != nil {
		req.Body, req.ContentLength = q.body.open(), q.body.length
		req.GetBody = func() (io.ReadCloser, error) { return q.body.open(), nil }
	}
	resp, err := r.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read to its end, or is not wanted
	r.reached(true)
	text, err := s.read(resp, q.limit)
	if err != nil {
		return nil, err
	}
	return &answer{r, resp.StatusCode, resp.Header, text}, nil
}

// What an answer's buffer begins with, so that a server gets no memory for what it merely announces.
const (
	firstUnknown = 16 << 10
	firstKnown   = 4 << 20
)

// read reads the body of an answer, of at most limit bytes.
func (s *Server) read(resp *http.Response, limit int) ([]byte, error) {
	if resp.ContentLength > int64(limit) {
		return nil, s.tooLarge(limit)
	}
	room := firstUnknown
	if resp.ContentLength >= 0 {
		room = min(firstKnown, int(resp.ContentLength)+1) // one more, to see the end
	}
	text := make([]byte, 0, min(room, limit+1))
	for {
		if len(text) == cap(text) {
			larger := make([]byte, len(text), min(2*cap(text)+1, limit+1))
			copy(larger, text)
			text = larger
		}
		n, err := resp.Body.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case len(text) > limit:
			return nil, s.tooLarge(limit)
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, fmt.Errorf("its answer broke off after %d bytes: %w", len(text), err)
		}
	}
}

func (s *Server) tooLarge(limit int) error {
	return infer.TooLarge(
		"its answer is larger than %d bytes; ask for fewer outputs or raise messageBytes of ModelServer %s", limit, s.name)
}
