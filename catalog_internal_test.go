package manifold

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// plain is a model that tells what it was asked.
type plain struct {
	name     string
	asked    *[]string
	metadata *infer.Metadata
	config   *inferencepb.ModelConfig
}

var _ infer.Model = plain{}

func newPlain(name string) plain {
	return plain{name, new([]string), &infer.Metadata{Name: name, Versions: []string{"3"}}, &inferencepb.ModelConfig{Name: name, MaxBatchSize: 7}}
}

func (p plain) note(what string) { *p.asked = append(*p.asked, p.name+" "+what) }

func (p plain) Infer(_ context.Context, req *infer.Request) (*infer.Response, error) {
	p.note("Infer")
	return infer.NewResponse(infer.Head{ModelName: p.name, ID: req.ID()}, nil), nil
}

func (p plain) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	p.note("Stream")
	return infer.StreamOnce(ctx, p, req, yield)
}

func (p plain) Metadata(context.Context) (*infer.Metadata, error) {
	p.note("Metadata")
	return p.metadata, nil
}

func (p plain) Ready(context.Context) error {
	p.note("Ready")
	return nil
}

func (p plain) Config(context.Context) (*inferencepb.ModelConfig, error) {
	p.note("Config")
	return p.config, nil
}

func (p plain) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	p.note("Statistics")
	return []*inferencepb.ModelStatistics{{Name: p.name, Version: "3"}}, nil
}

// numbered is a model with versions.
type numbered struct{ plain }

func (n numbered) Version(version string) (infer.Model, error) {
	if version != "3" {
		return nil, infer.Errorf(codes.NotFound, "version %s of %s is not there", version, n.name)
	}
	return newPlain(n.name + "@3"), nil
}

func generationOf(models ...*resident) *generation {
	g := &generation{named: map[string]*resident{}}
	for _, r := range models {
		m, err := r.Metadata(context.Background())
		if err != nil {
			panic(err)
		}
		g.named[m.Name] = r
	}
	return g
}

func catalogOf(g *generation) *catalog {
	c := &catalog{}
	c.current.Store(g)
	return c
}

// askEverything calls all that a model can do, and returns the first error.
func askEverything(ctx context.Context, m infer.Model) error {
	req := infer.NewRequest(infer.Head{ID: "7"}, nil, nil)
	defer req.Free()
	resp, err := m.Infer(ctx, req)
	if err == nil {
		resp.Free()
	}
	stream := m.Stream(ctx, req, func(r infer.Reply) error { r.Response.Free(); return nil })
	_, described := m.Metadata(ctx)
	_, configured := m.Config(ctx)
	_, reported := m.Statistics(ctx)
	return errors.Join(err, stream, described, configured, reported, m.Ready(ctx))
}

var everything = []string{"m Infer", "m Stream", "m Infer", "m Metadata", "m Config", "m Statistics", "m Ready"}

// TestLeaseAsksItsModel, and as long as the model answers the generation is not retired.
func TestLeaseAsksItsModel(t *testing.T) {
	t.Parallel()
	m := newPlain("m")
	g := generationOf(&resident{Model: m, kind: kindService})
	*m.asked = nil
	leased, err := catalogOf(g).Model(t.Context(), "m", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := askEverything(t.Context(), leased); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(everything, *m.asked); diff != "" {
		t.Error(diff)
	}
	req := infer.NewRequest(infer.Head{}, nil, nil)
	defer req.Free()
	if err := leased.Stream(t.Context(), req, func(r infer.Reply) error {
		defer r.Response.Free()
		if g.use.TryLock() {
			g.use.Unlock()
			t.Error("the generation can be retired while a model of it streams")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if !g.use.TryLock() {
		t.Error("the generation is still entered")
	}
}

// TestLeaseOutlivesItsGeneration: what was found before a reload is looked up anew.
func TestLeaseOutlivesItsGeneration(t *testing.T) {
	t.Parallel()
	before, after := newPlain("m"), newPlain("m")
	first := generationOf(&resident{Model: before, kind: kindService})
	c := catalogOf(first)
	leased, err := c.Model(t.Context(), "m", "")
	if err != nil {
		t.Fatal(err)
	}
	second := generationOf(&resident{Model: after, kind: kindService})
	*before.asked, *after.asked = nil, nil
	c.current.Store(second)
	first.retire()
	if err := askEverything(t.Context(), leased); err != nil {
		t.Error(err)
	}
	if len(*before.asked) > 0 {
		t.Errorf("the one that is retired was asked: %v", *before.asked)
	}
	if diff := cmp.Diff(everything, *after.asked); diff != "" {
		t.Error(diff)
	}
	c.current.Store(generationOf())
	second.retire()
	if err := leased.Ready(t.Context()); infer.CodeOf(err) != codes.NotFound {
		t.Errorf("a name that is gone: %v", err)
	}
}

// TestVersionsArePicked where a model has them, through whatever name; graphs have version 1 alone.
func TestVersionsArePicked(t *testing.T) {
	t.Parallel()
	n := numbered{newPlain("n")}
	c := catalogOf(generationOf(
		&resident{Model: n, kind: kindModel}, &resident{Model: renamed{n, "other"}, kind: kindService},
		&resident{Model: newPlain("g"), kind: kindGraph}, &resident{Model: newPlain("p"), kind: kindService},
	))
	for _, test := range []struct {
		name, version, want string
		code                codes.Code
	}{
		{"n", "", "n", codes.OK},
		{"n", "3", "n@3", codes.OK},
		{"n", "4", "", codes.NotFound},
		{"other", "3", "other", codes.OK},
		{"other", "4", "", codes.NotFound},
		{"g", "1", "g", codes.OK},
		{"g", "2", "", codes.NotFound},
		{"p", "9", "p", codes.OK}, // its server knows
		{"nobody", "", "", codes.NotFound},
	} {
		m, err := c.Model(t.Context(), test.name, test.version)
		if infer.CodeOf(err) != test.code {
			t.Errorf("%s/%s: %v", test.name, test.version, err)
		}
		if err != nil {
			continue
		}
		if metadata, err := m.Metadata(t.Context()); err != nil || metadata.Name != test.want {
			t.Errorf("%s/%s is %q, %v", test.name, test.version, metadata.Name, err)
		}
	}
}

// TestRenamedSharesNothing: what the model remembers keeps its own name.
func TestRenamedSharesNothing(t *testing.T) {
	t.Parallel()
	m := newPlain("theirs")
	r := renamed{m, "ours"}
	for range 2 {
		metadata, err := r.Metadata(t.Context())
		if err != nil || metadata.Name != "ours" || metadata.Versions[0] != "3" || m.metadata.Name != "theirs" {
			t.Errorf("got %+v of %+v, %v", metadata, m.metadata, err)
		}
		config, err := r.Config(t.Context())
		if err != nil || !proto.Equal(config, &inferencepb.ModelConfig{Name: "ours", MaxBatchSize: 7}) || m.config.GetName() != "theirs" {
			t.Errorf("got %v of %v, %v", config, m.config, err)
		}
		statistics, err := r.Statistics(t.Context())
		if err != nil || len(statistics) != 1 || statistics[0].GetName() != "ours" {
			t.Errorf("got %v, %v", statistics, err)
		}
	}
	same := renamed{m, "theirs"}
	if metadata, _ := same.Metadata(t.Context()); metadata != m.metadata {
		t.Error("metadata of the same name were copied")
	}
	if config, _ := same.Config(t.Context()); config != m.config {
		t.Error("a configuration of the same name was copied")
	}
}

// TestBrokenSaysWhy, whatever it is asked.
func TestBrokenSaysWhy(t *testing.T) {
	t.Parallel()
	b := broken{"m", errors.New("no file")}
	_, inferred := b.Infer(t.Context(), nil)
	_, described := b.Metadata(t.Context())
	_, configured := b.Config(t.Context())
	_, reported := b.Statistics(t.Context())
	for _, err := range []error{inferred, b.Stream(t.Context(), nil, nil), described, configured, reported, b.Ready(t.Context())} {
		if infer.CodeOf(err) != codes.Unavailable || err.Error() != `model "m" is not ready: no file` {
			t.Errorf("got %v", err)
		}
	}
}

// TestLateLooksWhenItIsCalled: a model that is not there yet is UNAVAILABLE to who asks whether it is ready, NOT_FOUND otherwise.
func TestLateLooksWhenItIsCalled(t *testing.T) {
	t.Parallel()
	g := generationOf()
	l := late{g, "m"}
	_, inferred := l.Infer(t.Context(), nil)
	_, described := l.Metadata(t.Context())
	_, configured := l.Config(t.Context())
	_, reported := l.Statistics(t.Context())
	for _, err := range []error{inferred, l.Stream(t.Context(), nil, nil), described, configured, reported} {
		if infer.CodeOf(err) != codes.NotFound {
			t.Errorf("got %v", err)
		}
	}
	if err := l.Ready(t.Context()); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	m := newPlain("m")
	g.named["m"] = &resident{Model: m, kind: kindModel}
	if err := askEverything(t.Context(), l); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(everything, *m.asked); diff != "" {
		t.Error(diff)
	}
}

// TestCatalogAllocatesOnce per request: the lease, whose size does not depend on what is leased.
func TestCatalogAllocatesOnce(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	c := catalogOf(generationOf(&resident{Model: silent{newPlain("m")}, kind: kindService}))
	allocations := testing.AllocsPerRun(100, func() {
		m, err := c.Model(t.Context(), "m", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Infer(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 1 {
		t.Errorf("finding and asking a model allocates %v times", allocations)
	}
}

// silent is a model that costs nothing.
type silent struct{ plain }

func (silent) Infer(context.Context, *infer.Request) (*infer.Response, error) { return nil, nil } //nolint:nilnil // nobody looks

// BenchmarkCatalog measures finding a model by name and asking it through its lease; the model answers at once.
func BenchmarkCatalog(b *testing.B) {
	c := catalogOf(generationOf(&resident{Model: silent{newPlain("m")}, kind: kindService}))
	b.ReportAllocs()
	for b.Loop() {
		m, err := c.Model(b.Context(), "m", "")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Infer(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
}
