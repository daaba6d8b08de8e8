package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// restCaller is groups of connections of HTTP/1.1.
type restCaller struct {
	clients []*http.Client
	next    atomic.Uint64
	url     string
}

func newRESTCaller(o Options) *restCaller {
	r := &restCaller{url: "http://" + o.Target + "/v2/models/" + url.PathEscape(o.Model) + "/infer"}
	for range o.Connections {
		r.clients = append(r.clients, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}})
	}
	return r
}

func (r *restCaller) close() {
	for _, c := range r.clients {
		c.CloseIdleConnections()
	}
}

func (r *restCaller) call(ctx context.Context, c proof.Call) reply {
	status, body, err := r.post(ctx, c.JSON())
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return reply{code: "CANCELLED", message: "the caller went away"}
	case ctx.Err() != nil:
		return reply{code: "DEADLINE_EXCEEDED", message: ctx.Err().Error()}
	case err != nil:
		return reply{code: "UNAVAILABLE", message: err.Error()}
	case status != http.StatusOK:
		return reply{code: fmt.Sprintf("HTTP %d", status), message: clean(string(body))}
	}
	answer, err := proof.AnswerOfJSON(body)
	return reply{code: "OK", answer: answer, broken: err}
}

func (r *restCaller) post(ctx context.Context, body []byte) (status int, answer []byte, err error) {
	// Of a []byte the body can be had again; that would let net/http send it twice. So it is hidden.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return 0, nil, err
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.clients[r.next.Add(1)%uint64(len(r.clients))].Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, answer, err
}
