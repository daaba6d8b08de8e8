package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// query is one HTTP call.
type query struct {
	method string
	path   string // escaped
	header http.Header
	body   *body // nil: none
	limit  int   // of the answer, in bytes
	takes  takes
}

// takes is which answers are none of failure.
type takes int

const (
	success  takes = iota // those of success
	ignorant              // those of a server too that does not know what is asked
	anything
)

func (q query) accepts(status int) bool {
	switch q.takes {
	case anything:
		return true
	case ignorant:
		return status < 500
	case success:
	}
	return status >= 200 && status <= 299
}

// answer is what came back, whatever its status.
type answer struct {
	link   *link
	status int
	header http.Header
	body   []byte
}

// send makes a call over a link.
func send(ctx context.Context, l *link, q query) (*answer, error) {
	if err := l.connector.await(ctx); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, q.method, l.url+q.path, http.NoBody)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, q.header)
	req.Header.Set("User-Agent", "manifold")
	if q.body != nil {
		req.Body, req.ContentLength = q.body.open(), q.body.length
		req.GetBody = func() (io.ReadCloser, error) { return q.body.open(), nil }
	}
	resp, err := l.transport.Load().RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read to its end, or is not wanted
	text, err := read(resp, q.limit)
	if err != nil {
		return nil, err
	}
	return &answer{l, resp.StatusCode, resp.Header, text}, nil
}

// What an answer's buffer begins with, so that a server gets no memory for what it merely announces.
const (
	firstUnknown = 16 << 10
	firstKnown   = 4 << 20
)

// read reads the body of an answer, of at most limit bytes.
func read(resp *http.Response, limit int) ([]byte, error) {
	if resp.ContentLength > int64(limit) {
		return nil, &largeError{limit}
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
			return nil, &largeError{limit}
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, &brokenError{len(text), err}
		}
	}
}

// largeError is an answer of more bytes than the limit.
type largeError struct{ limit int }

func (e *largeError) Error() string {
	return fmt.Sprintf("its answer is larger than %d bytes", e.limit)
}

// brokenError is an answer that broke off after its head and so many bytes of its body.
type brokenError struct {
	bytes int
	err   error
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("its answer broke off after %d bytes: %s", e.bytes, e.err)
}

func (e *brokenError) Unwrap() error { return e.err }
