package server

import (
	"errors"
	"net/http"
	"net/url"
)

// ServeHTTP is what every REST request passes before it is routed.
func (e *rest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: requestID(r.Header.Get(requestIDHeader)), protocol: protocolREST, method: r.URL.Path}
	w.Header().Set("X-Request-Id", c.id)
	if e.readiness.isDraining() {
		w.Header().Set("Connection", "close") // the client finds another server before this one closes idle connections
	}
	r = r.WithContext(withCall(r.Context(), c))
	tracked := &trackedWriter{ResponseWriter: w}
	defer e.recover(tracked, r)
	r.Body = http.MaxBytesReader(tracked, r.Body, e.messageBytes)
	inner, ok := below(e.basePath, r.URL)
	if !ok {
		e.fail(tracked, nothingAt(r.URL.Path))
		return
	}
	e.mux.ServeHTTP(tracked, plain(r, inner))
}

// plain is r at inner, without what must not matter: a query, which generated handlers would read fields from, and the slash behind /v2,
// which OpenAPI clients send.
func plain(r *http.Request, inner *url.URL) *http.Request {
	at := *inner
	at.RawQuery = ""
	if at.Path == "/v2/" {
		at.Path, at.RawPath = "/v2", ""
	}
	r.URL = &at
	return r
}

// recover is for panics outside of the interceptors: routing, JSON, writing.
func (e *rest) recover(w *trackedWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // net/http's own way to drop a connection
	}
	err := panicked(r.Context(), e.logger, p)
	if w.began {
		panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
	}
	e.fail(w, err)
}

// trackedWriter knows whether an answer has begun.
type trackedWriter struct {
	http.ResponseWriter
	began bool
}

// WriteHeader implements http.ResponseWriter.
func (w *trackedWriter) WriteHeader(status int) {
	w.began = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *trackedWriter) Write(p []byte) (int, error) {
	w.began = true
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *trackedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
