package server_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/server"
)

// TestR10BasePath: everything is below the prefix, escapes and all, and nothing beside it.
func TestR10BasePath(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.BasePath = "/serving/v1.0" })
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/serving/v1.0/v2", "", 200, `"name":"manifold"`},
		{"GET", "/serving/v1.0/v2/", "", 200, `"name":"manifold"`},
		{"GET", "/serving/v1.0/v2/health/live?a=/serving", "", 200, `{"live":true}`},
		{"GET", "/serving/v1.0/v2/models/ech%6F/ready", "", 200, `{"name":"echo","ready":true}`},
		{"GET", "/serving/v1.0/v2/models/%2e%2e%2fetc", "", 400, `model name \"../etc\" is not valid`},
		{"POST", "/serving/v1.0/v2/models/echo/infer", smallJSON, 200, `"data":[1,2]`},
		{"GET", "/serving/v1.0/v2/models/echo/infer", "", 405, "does not take GET; use POST"},
		{"GET", "/v2/health/live", "", 404, "nothing is served at /v2/health/live"},
		{"GET", "/serving/v1.0", "", 404, "nothing is served at /serving/v1.0"},
		{"GET", "/serving/v1.0v2", "", 404, "nothing is served at /serving/v1.0v2"},
		{"GET", "/serving/v1.0/serving/v1.0/v2", "", 404, "nothing is served at"},
		{"GET", "/", "", 404, "nothing is served at /"},
	} {
		got := g.do(t, tt.method, tt.path, tt.body)
		if got.status != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s %s: status %d: %s", tt.method, tt.path, got.status, got.body)
		}
		if got.status != http.StatusOK {
			errorOf(t, got)
		}
	}
}

func TestBasePathIsChecked(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":           "",
		"/a":         "",
		"/a/b-1_2.3": "",
		"a":          `basePath: "a" does not begin with a slash; write /models`,
		"/":          `basePath: "/" ends with a slash; leave that out`,
		"/a/":        `basePath: "/a/" ends with a slash; leave that out`,
		"/a//b":      `basePath: "/a//b" is not clean; write /a/b`,
		"/a/../b":    `basePath: "/a/../b" is not clean; write /b`,
		"/a b":       `basePath: segment "a b" is not 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`,
		"/{a}":       `basePath: segment "{a}" is not 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`,
		"/%41":       `basePath: segment "%41" is not 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`,
		"/?":         `basePath: segment "?" is not 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`,
	} {
		got := ""
		if err := errors.Join(server.Options{BasePath: base}.Validate()...); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s\nwant %s", base, got, want)
		}
	}
}
