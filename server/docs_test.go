package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/server"
)

// TestDocs: the page and the document, below a base path too; the page may do nothing but run its own script and call its own origin.
func TestDocs(t *testing.T) {
	t.Parallel()
	plain := start(t, &catalog{models: models()})
	based := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.BasePath = "/a/b" })
	for _, at := range []struct {
		*gateway
		base string
	}{{plain, ""}, {based, "/a/b"}} {
		page := at.do(t, http.MethodGet, at.base+"/v2/docs", "")
		if page.status != http.StatusOK || page.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(page.body, `fetch("docs/openapi.json")`) {
			t.Errorf("status %d, %v: %s", page.status, page.header, page.body)
		}
		policy := page.header.Get("Content-Security-Policy")
		if !containsAll(policy, "default-src 'none'; connect-src 'self'; script-src 'sha256-", "; style-src 'sha256-", "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %s", policy)
		}
		for _, remote := range []string{"http://", "https://", "src=", "innerHTML", "style=\"", "onclick=\""} {
			if strings.Contains(page.body, remote) {
				t.Errorf("the page has %s", remote)
			}
		}
		for _, path := range []string{"/v2/docs/openapi.json", "/v2/docs/dataplane.json"} {
			got := at.do(t, http.MethodGet, at.base+path, "")
			var document struct {
				Swagger  string         `json:"swagger"`
				BasePath string         `json:"basePath"`
				Paths    map[string]any `json:"paths"`
			}
			if err := json.Unmarshal([]byte(got.body), &document); err != nil {
				t.Fatal(err)
			}
			if document.Swagger != "2.0" || document.BasePath != at.base || len(document.Paths) == 0 || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: status %d, %v, base path %q, %d paths", path, got.status, got.header, document.BasePath, len(document.Paths))
			}
		}
	}
}
