package rest_test

import (
	"net/http"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func document(t *testing.T, text string) *infer.Request {
	t.Helper()
	pool := oiptest.NewPool(t)
	b := pool.Get(2048 + len(text))
	*b = (*b)[:copy(*b, text)]
	req := infer.NewDocumentRequest(infer.Head{ModelName: "m", ID: "1"}, "", mem.NewBuffer(b, pool))
	t.Cleanup(req.Free)
	return req
}

func TestDocumentsPassAsTheyAre(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"POST /v1/models/m:predict":            says(200, `{"predictions" : [1]}`, "Content-Type", "application/json; charset=utf-8"),
		"POST /v1/models/m/versions/2:predict": says(200, `two`, "Content-Type", "text/plain"),
		"POST /any/path?q=1":                   says(200, `exact`),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}, Protocol: clients.V1})
	m := s.Model("m")
	if !infer.TakesDocuments(m) {
		t.Fatal("it takes no documents")
	}
	resp, err := ask(t.Context(), t, m, document(t, `{"instances" : [1e400]}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := resp.Document(); string(d.Bytes()) != `{"predictions" : [1]}` || d.ContentType != "application/json; charset=utf-8" || resp.ID() != "1" {
		t.Errorf("%s %s", d.Bytes(), d.ContentType)
	}
	if sent := f.last("POST /v1/models/m:predict"); sent.body != `{"instances" : [1e400]}` || sent.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", sent)
	}
	second, err := m.(interface {
		Version(version string) (infer.Model, error)
	}).Version("2")
	if err != nil {
		t.Fatal(err)
	}
	for want, m := range map[string]infer.Model{"two": second, "exact": s.Document("/any/path?q=1")} {
		if resp, err := ask(t.Context(), t, m, document(t, `{}`)); err != nil || string(resp.Document().Bytes()) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTensorsBecomeRows(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"POST /v1/models/m:predict":   says(200, `{"predictions":[{"label":"cat","score":0.5},{"label":"dog","score":1}]}`),
		"POST /v1/models/odd:predict": says(200, `{"predictions":[null]}`),
		"POST /v1/models/bad:predict": says(500, `{"error":"KeyError : 'instances'"}`),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}, Protocol: clients.V1})
	resp, err := ask(t.Context(), t, s.Model("m"), request(t))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"7","model_name":"m","model_version":"","outputs":[{"name":"label","datatype":"BYTES","shape":[2],"data":["cat","dog"]},` +
		`{"name":"score","datatype":"FP64","shape":[2],"data":[0.5,1]}]}`
	if got := oip(t, resp); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := f.last("POST /v1/models/m:predict").body; got != `{"instances":[{"x":[1],"s":"a"},{"x":[-2],"s":"b"}]}` {
		t.Errorf("%s", got)
	}
	for _, name := range []string{"odd", "bad"} {
		if _, err := s.Model(name).Infer(t.Context(), request(t)); infer.CodeOf(err) != codes.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	statistics, err := s.Statistics(t.Context())
	if err != nil || len(statistics) != 3 {
		t.Errorf("%v %v", statistics, err)
	}
}

func TestV1Readiness(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"GET /v1/models":     says(200, `{"models":["kserve","tf"]}`),
		"GET /v1/models/yes": says(200, `{"name":"yes","ready":true}`),
		"GET /v1/models/no":  says(200, `{"name":"no","ready":false}`),
		"GET /v1/models/tf":  says(200, `{"model_version_status":[{"version":"1","state":"LOADING"}]}`),
		"GET /v1/models/tf2": says(200, `{"model_version_status":[{"version":"1","state":"AVAILABLE"}]}`),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}, Protocol: clients.V1})
	for name, want := range map[string]codes.Code{"yes": 0, "no": codes.Unavailable, "tf": codes.Unavailable, "tf2": 0, "none": codes.NotFound} {
		if err := s.Model(name).Ready(t.Context()); infer.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if has, err := s.Has(t.Context(), "kserve"); !has || err != nil {
		t.Errorf("%v", err)
	}
	if err := s.Document("/x").Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
