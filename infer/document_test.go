package infer_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// pooled is text in a buffer that is counted.
func pooled(pool *oiptest.Pool, text string) mem.Buffer {
	b := pool.Get(len(text) + 2048) // smaller ones are not counted by mem
	copy(*b, text)
	*b = (*b)[:len(text)]
	return mem.NewBuffer(b, pool)
}

func TestDocumentSurvivesEdits(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	req := infer.NewDocumentRequest(infer.Head{ModelName: "m", ID: "1"}, "text/plain", pooled(pool, "hello"))
	inherited := infer.Inherited(req)
	renamed := inherited.Edit(infer.Edit{ModelName: new("other")})
	inherited.Free()
	req.Free()
	defer renamed.Free()
	d := renamed.Document()
	if d == nil || string(d.Bytes()) != "hello" || d.ContentType != "text/plain" {
		t.Fatalf("document %+v", d)
	}
	if renamed.ModelName() != "other" || renamed.ID() != "1" || len(renamed.Tensors()) != 0 {
		t.Errorf("%s %s", renamed.ModelName(), renamed.ID())
	}
	if bare := infer.NewRequest(infer.Head{ModelName: "other", ID: "1"}, nil, nil); renamed.Size() != bare.Size()+5 {
		t.Errorf("size %d", renamed.Size())
	}
}

func TestDocumentIsItsOwnSuccessor(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	node := infer.NewDocumentRequest(infer.Head{ModelName: "graph", ID: "7"}, "", pooled(pool, `{"instances":[1]}`))
	defer node.Free()
	previous := infer.NewDocumentResponse(infer.Head{ModelName: "first"}, "application/json", pooled(pool, `{"predictions":[2]}`))
	next, err := infer.Successor(previous, node, &infer.Metadata{Name: "second", Inputs: []infer.TensorMetadata{{Name: "x"}}})
	previous.Free()
	if err != nil {
		t.Fatal(err)
	}
	defer next.Free()
	if got := string(next.Document().Bytes()); got != `{"predictions":[2]}` || next.ID() != "7" {
		t.Errorf("%s of id %q", got, next.ID())
	}
}

func TestDocumentsMergeByName(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	member := func(name, text string) infer.Member {
		return infer.Member{Name: name, Response: infer.NewDocumentResponse(infer.Head{}, "", pooled(pool, text))}
	}
	failed := infer.Member{Name: "c", Err: infer.Errorf(codes.NotFound, `no "c"`)}
	merged, err := infer.Merge(infer.Head{ModelName: "g", ID: "1"}, []infer.Member{
		member("a", ` {"predictions":[9007199254740993, 1.0]} `), member(`b"`, "null\n"), failed,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Free()
	want := `{"a":{"predictions":[9007199254740993, 1.0]},"b\"":null,"c":{"error":"no \"c\""}}`
	if got := string(merged.Document().Bytes()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p, _ := merged.Parameters()
	if text, _ := p.Lookup("c.error"); text != `no "c"` {
		t.Errorf("parameters %v", p)
	}
}

func TestDocumentThatIsNotJSONDoesNotMerge(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	members := []infer.Member{
		{Name: "a", Response: infer.NewDocumentResponse(infer.Head{}, "", pooled(pool, "{}"))},
		{Name: "b", Response: infer.NewDocumentResponse(infer.Head{}, "text/html", pooled(pool, "<html>"))},
	}
	if _, err := infer.Merge(infer.Head{}, members); infer.CodeOf(err) != codes.Internal {
		t.Errorf("%v", err)
	}
}

// Source: KServe's router, mapPredictionsToInstances, as observed; but numbers stay what they are.
func TestWithInstances(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	for text, want := range map[string]string{
		`{"predictions":[9007199254740993,"a"],"more":1}`: `{"instances":[9007199254740993,"a"]}`,
		`{"predictions": [ [1] ] }`:                       `{"instances":[ [1] ]}`,
		`{"predictions":[ ]}`:                             `{"predictions":[ ]}`,
		`{"predictions":{"a":1}}`:                         `{"predictions":{"a":1}}`,
		`{"outputs":[]}`:                                  `{"outputs":[]}`,
		`not JSON`:                                        `not JSON`,
	} {
		req := infer.NewDocumentRequest(infer.Head{ModelName: "m"}, "", pooled(pool, text))
		mapped := req.WithInstances()
		req.Free()
		if got := string(mapped.Document().Bytes()); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		mapped.Free()
	}
}

func TestDocumentIgnoresWhatIsForTensors(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	resp := infer.NewDocumentResponse(infer.Head{}, "", pooled(pool, "{}"))
	resp, err := resp.Select([]string{"y"})
	if err == nil {
		resp, err = resp.InRawForm()
	}
	if err != nil || resp.Document() == nil {
		t.Fatal(err)
	}
	resp.Edit(infer.Edit{ID: new("2")}).Free()
}

func TestTakesDocuments(t *testing.T) {
	t.Parallel()
	if infer.TakesDocuments(infer.HandlerFunc(nil)) || !infer.TakesDocuments(taker{}) {
		t.Error("a handler takes documents when it says so")
	}
}

type taker struct{ infer.Handler }

func (taker) TakesDocuments() bool { return true }
