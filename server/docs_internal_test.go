package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/manifold-serving/manifold/gen/openapi"
)

// TestDocsAreComplete: every route that is served is in the document, and everything in the document is served.
func TestDocsAreComplete(t *testing.T) {
	t.Parallel()
	e := &rest{inference: &inference{}, logger: slog.New(slog.DiscardHandler), conn: &inProcess{}}
	if err := e.build(context.Background()); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(openapi.Document), &document); err != nil {
		t.Fatal(err)
	}
	var described []string
	ids := map[string]bool{}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			described = append(described, strings.ToUpper(method)+" "+path)
			if ids[operation.OperationID] || operation.OperationID == "" {
				t.Errorf("%s %s: its id is %q, of another too", method, path, operation.OperationID)
			}
			ids[operation.OperationID] = true
			r := httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "x"), http.NoBody)
			if !strings.Contains(e.methods(r), r.Method) {
				t.Errorf("%s %s is described and not served", method, path)
			}
		}
	}
	served := generatedRoutes(t)
	for _, r := range e.routes() {
		served = append(served, r.method+" "+r.pattern)
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(slices.Compact(served), described); diff != "" {
		t.Errorf("(-served +described):\n%s", diff)
	}
}

// generatedRoutes are what the bindings of the proto say.
func generatedRoutes(t *testing.T) []string {
	t.Helper()
	type binding struct {
		Get, Post string
		More      []struct{ Get, Post string } `json:"additional_bindings"`
	}
	var service struct {
		HTTP struct{ Rules []binding }
	}
	text, err := os.ReadFile("../proto/inference/http.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &service); err != nil {
		t.Fatal(err)
	}
	var all []string
	add := func(get, post string) {
		if get != "" {
			all = append(all, "GET "+get)
		}
		if post != "" {
			all = append(all, "POST "+post)
		}
	}
	for _, rule := range service.HTTP.Rules {
		add(rule.Get, rule.Post)
		for _, more := range rule.More {
			add(more.Get, more.Post)
		}
	}
	return all
}
