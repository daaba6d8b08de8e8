package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// noModels is a catalog that has none, and remembers what it was asked for.
type noModels struct{ names []string }

var _ Catalog = (*noModels)(nil)

func (c *noModels) Index(context.Context) ([]*inferencepb.RepositoryIndexResponse_ModelIndex, error) {
	return nil, nil
}

func (c *noModels) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return nil, nil
}

func (c *noModels) Server(name string) (Administrator, error) {
	return nil, infer.Errorf(codes.NotFound, "there is no ModelServer %q", name)
}

func (c *noModels) Hosts(context.Context, string, string) bool { return false }

func (c *noModels) Ready(context.Context) error { return nil }

func (c *noModels) Model(_ context.Context, name, version string) (infer.Model, error) {
	c.names = append(c.names, name)
	if version != "" {
		c.names = append(c.names, version)
	}
	return nil, infer.Errorf(codes.NotFound, "there is no model %q", name)
}

// FuzzNames sends paths of whatever segments, escaped and not: each answer that is an error is one of ours, and the catalog is asked
// for nothing but names that are allowed.
func FuzzNames(f *testing.F) {
	for _, path := range []string{
		"/v2/models/m/infer", "/v2/models/a%2Fb/infer", "/v2/models/a/b/c/versions/1/infer", "/v2/models/%2e%2e/versions/..%2f1/generate",
		"/v1/models/m:predict", "/v1/models/a/b:predict", "/v1/models/a%3Apredict:predict", "/v2/models/m/versions/%31/ready", "/v2/repository/models//load",
		"//v2//models", "/v2/models/\u202e/stats", "/v2/models/m%", "/v2/models/m/versions/1/versions/2",
	} {
		f.Add(path)
	}
	asked := &noModels{}
	front := frontOf(f, asked)
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Path == "" || u.Path[0] != '/' {
			return // net/http has refused it
		}
		asked.names = nil
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := httptest.NewRecorder()
			front.ServeHTTP(w, &http.Request{Method: method, URL: u, Header: http.Header{}, Body: io.NopCloser(http.NoBody), RequestURI: path})
			if w.Code >= http.StatusBadRequest {
				var body struct{ Error string }
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error == "" {
					t.Errorf("%s %q: %d %q is no error of ours: %v", method, path, w.Code, w.Body, err)
				}
			}
		}
		for _, name := range asked.names {
			if !allowed(name) {
				t.Errorf("%q asks for %q", path, name)
			}
		}
	})
}

// frontOf is the REST edge in front of c.
func frontOf(tb testing.TB, c Catalog) http.Handler {
	tb.Helper()
	var front http.Handler
	_, err := New(c, Options{Listeners: Listeners{GRPC: Off, Admin: Off}}, Deps{HTTP: func(h http.Handler) http.Handler {
		front = h
		return h
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return front
}
