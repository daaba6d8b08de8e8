package server_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

func strict(o *server.Options, _ *server.Deps) { o.Strict = true }

// errorOf is the text of an error's body.
func errorOf(t *testing.T, a answer) string {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body) != 1 || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s (%s)", err, a.body, a.header.Get("Content-Type"))
	}
	return body["error"]
}

// withoutNames is statistics without the name of their model.
func withoutNames(text string) string {
	return regexp.MustCompile(`\{"name":"[a-z]+"`).ReplaceAllString(text, `{"name":"NAME"`)
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// TestStrictStatuses: Triton's odd statuses, as observed on 2.51, and what the gateway says by default (the protocol page, 2.2, 3.1 and 5.2).
func TestStrictStatuses(t *testing.T) {
	t.Parallel()
	fails := func(code codes.Code) infer.Model { return &failing{code: code} }
	c := &catalog{
		models: map[string]infer.Model{
			"echo": &model{}, "unready": &model{ready: infer.Errorf(codes.Unavailable, "loading")},
			"unknown": fails(codes.Unknown), "exists": fails(codes.AlreadyExists), "late": fails(codes.DeadlineExceeded), "internal": fails(codes.Internal),
		},
		ready: func() error { return errors.New("nothing is loaded") },
	}
	small := func(o *server.Options, _ *server.Deps) { o.Limits.MessageBytes = units.KiB }
	g, exact := start(t, c, small), start(t, c, small, strict)
	const infers = "/v2/models/echo/infer"
	input := func(members string) string { return `{"inputs":[{` + members + `}]}` }
	for _, tt := range []struct {
		name, method, path, body string
		status, exact            int
	}{
		{"server not ready", "GET", "/v2/health/ready", "", 503, 400},
		{"server live", "GET", "/v2/health/live", "", 200, 200},
		{"model ready", "GET", "/v2/models/echo/ready", "", 200, 200},
		{"model not ready", "GET", "/v2/models/unready/ready", "", 503, 400},
		{"unknown model's readiness", "GET", "/v2/models/nobody/ready", "", 404, 400},
		{"unknown model", "GET", "/v2/models/nobody", "", 404, 404},
		{"unknown model infers", "POST", "/v2/models/nobody/infer", smallJSON, 404, 404},
		{"malformed JSON", "POST", infers, `{`, 400, 500},
		{"empty body", "POST", infers, ``, 400, 500},
		{"no inputs", "POST", infers, `{}`, 400, 500},
		{"inputs that are no array", "POST", infers, `{"inputs":5}`, 400, 500},
		{"id that is no string", "POST", infers, `{"id":5,"inputs":[]}`, 400, 500},
		{"no name", "POST", infers, input(`"datatype":"INT8","shape":[1],"data":[1]`), 400, 500},
		{"no shape", "POST", infers, input(`"name":"x","datatype":"INT8","data":[1]`), 400, 500},
		{"no datatype", "POST", infers, input(`"name":"x","shape":[1],"data":[1]`), 400, 500},
		{"unknown datatype", "POST", infers, input(`"name":"x","datatype":"INT9","shape":[1],"data":[1]`), 400, 400},
		{"no data", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[1]`), 400, 400},
		{"data that are no array", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[1],"data":1`), 400, 500},
		{"too few data", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[2],"data":[1]`), 400, 500},
		{"too many data", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[2],"data":[1,2,3]`), 400, 500},
		{"too few strings", "POST", infers, input(`"name":"x","datatype":"BYTES","shape":[2],"data":["a"]`), 400, 400},
		{"too many strings", "POST", infers, input(`"name":"x","datatype":"BYTES","shape":[1],"data":["a","b"]`), 400, 400},
		{"a number as a string", "POST", infers, input(`"name":"x","datatype":"BYTES","shape":[1],"data":[1]`), 400, 500},
		{"a fraction as an integer", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[1],"data":[1.5]`), 400, 500},
		{"a number as a bool", "POST", infers, input(`"name":"x","datatype":"BOOL","shape":[1],"data":[1]`), 400, 500},
		{"negative dimension", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[-1],"data":[1]`), 400, 500},
		{"overflowing shape", "POST", infers, input(`"name":"x","datatype":"INT8","shape":[4611686018427387904,4],"data":[1]`), 400, 400},
		{"FP16", "POST", infers, input(`"name":"x","datatype":"FP16","shape":[1],"data":[1]`), 400, 400},
		{"nested parameter", "POST", infers, `{"inputs":[],"parameters":{"a":{}}}`, 400, 400},
		{"too large", "POST", infers, input(`"name":"x","datatype":"BYTES","shape":[1],"data":["` + strings.Repeat("a", 1024) + `"]`), 413, 400},
		{"UNKNOWN", "POST", "/v2/models/unknown/infer", smallJSON, 500, 400},
		{"ALREADY_EXISTS", "POST", "/v2/models/exists/infer", smallJSON, 409, 400},
		{"DEADLINE_EXCEEDED", "POST", "/v2/models/late/infer", smallJSON, 504, 503},
		{"INTERNAL", "POST", "/v2/models/internal/infer", smallJSON, 500, 500},
		{"no such path", "GET", "/nowhere", "", 404, 404},
		{"no such method", "GET", infers, "", 405, 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, strictly := g.do(t, tt.method, tt.path, tt.body), exact.do(t, tt.method, tt.path, tt.body)
			if got.status != tt.status || strictly.status != tt.exact {
				t.Errorf("status %d (%s) and exactly %d (%s), want %d and %d", got.status, got.body, strictly.status, strictly.body, tt.status, tt.exact)
			}
			if tt.exact != http.StatusOK {
				errorOf(t, strictly)
			}
		})
	}
	for _, name := range []string{"unready", "nobody"} {
		if text := errorOf(t, exact.do(t, http.MethodGet, "/v2/models/"+name+"/ready", "")); text != "Model version not ready" {
			t.Errorf("%s: %s", name, text)
		}
	}
}
