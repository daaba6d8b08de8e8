package graph_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// section is a part of a golden file, below its line "-- title --".
type section struct{ title, text string }

// sections cuts a golden file; the first one, without a title, says what it shows.
func sections(text string) []section {
	all := []section{{}}
	for line := range strings.Lines(text) {
		title := strings.TrimSpace(line)
		if strings.HasPrefix(title, "-- ") && strings.HasSuffix(title, " --") {
			all = append(all, section{title: title[3 : len(title)-3]})
			continue
		}
		all[len(all)-1].text += line
	}
	return all
}

func joined(all []section) string {
	var b strings.Builder
	for _, s := range all {
		if s.title != "" {
			b.WriteString("-- " + s.title + " --\n")
		}
		b.WriteString(s.text)
	}
	return b.String()
}

// scenario is one golden file as it is run: graphs and models, then requests, each followed by its trace and its response.
type scenario struct {
	specs   map[string]graph.Spec
	scripts map[string]script
	draws   []int // of Splitters
	first   string
}

// TestG01Scenarios runs testdata/*.txt. Time there is virtual; a model thinks 1ms.
func TestG01Scenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := joined(replay(t, sections(string(text))))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" && !*update {
				t.Errorf("%s differs (-want +got; -update rewrites it):\n%s", file, diff)
			}
		})
	}
}

// replay returns the sections with traces and responses as they come out.
func replay(t *testing.T, all []section) []section {
	t.Helper()
	s := scenario{specs: map[string]graph.Spec{}}
	var out []section
	for _, part := range all {
		switch kind, name, _ := strings.Cut(part.title, " "); kind {
		case "graph":
			s.addGraph(t, name, part.text)
		case "models":
			parse(t, part.text, &s.scripts)
		case "draws":
			parse(t, part.text, &s.draws)
		case "trace", "response":
			continue
		case "warnings":
			part.text = s.warnings(t)
		case "metadata":
			part.text = s.metadata(t)
		case "ready":
			part.text = s.ready(t)
		case "request", "stream":
			synctest.Test(t, func(t *testing.T) {
				trace, response := s.run(t, kind, name, part.text)
				out = append(out, part, section{"trace", trace}, section{"response", response})
			})
			continue
		}
		out = append(out, part)
	}
	return out
}

func (s *scenario) addGraph(t *testing.T, name, text string) {
	t.Helper()
	if s.first == "" {
		s.first = name
	}
	var spec graph.Spec
	parse(t, text, &spec)
	s.specs[name] = spec
}

func parse(t *testing.T, text string, to any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), to); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

func (s *scenario) compile(t *testing.T, w *world) map[string]*graph.Plan {
	t.Helper()
	draws := s.draws
	plans, err := graph.Compile(s.specs, graph.Options{
		Resolver: w.models(), View: tensorjson.View, Observer: w.trace,
		Intn: func(int) int { n := draws[0]; draws = draws[1:]; return n },
	})
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

func (s *scenario) warnings(t *testing.T) string {
	t.Helper()
	all := s.compile(t, newWorld(t, s.scripts))[s.first].Warnings()
	if len(all) == 0 {
		return "none\n"
	}
	return strings.Join(all, "\n") + "\n"
}

func (s *scenario) metadata(t *testing.T) string {
	t.Helper()
	plan := s.compile(t, newWorld(t, s.scripts))[s.first]
	m, err := plan.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{fmt.Sprintf("%s %v %s", m.Name, m.Versions, m.Platform)}
	for _, in := range m.Inputs {
		lines = append(lines, fmt.Sprintf("takes %s %s%v", in.Name, in.DataType, in.Shape))
	}
	for _, out := range m.Outputs {
		lines = append(lines, fmt.Sprintf("gives %s %s%v", out.Name, out.DataType, out.Shape))
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *scenario) ready(t *testing.T) string {
	t.Helper()
	if err := s.compile(t, newWorld(t, s.scripts))[s.first].Ready(t.Context()); err != nil {
		return errorText(err) + "\n"
	}
	return "yes\n"
}

// run sends one request to the first graph, by Infer or by Stream. Its title may hold the client's patience: "request within 5ms".
func (s *scenario) run(t *testing.T, kind, title, text string) (trace, response string) {
	t.Helper()
	w := newWorld(t, s.scripts)
	plans := s.compile(t, w)
	ctx := t.Context()
	if within, ok := strings.CutPrefix(title, "within "); ok {
		patience, err := time.ParseDuration(within)
		if err != nil {
			t.Fatal(err)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	req := requestOf(t, w.pool, s.first, text)
	defer req.Free()
	if kind == "stream" {
		replies := streamed(ctx, w, plans[s.first], req)
		return w.trace.String(), replies
	}
	resp, err := plans[s.first].Infer(ctx, req)
	if err != nil {
		return w.trace.String(), errorText(err) + "\n"
	}
	defer resp.Free()
	return w.trace.String(), strings.ReplaceAll(describe(resp), "  ", "\n") + "\n"
}

// world is what a test runs graphs in.
type world struct {
	pool    *oiptest.Pool
	trace   *trace
	scripts map[string]script
}

func newWorld(t *testing.T, scripts map[string]script) *world {
	t.Helper()
	return &world{oiptest.NewPool(t), &trace{start: time.Now()}, scripts}
}

func (w *world) models() models { return models{w.scripts, w.pool, w.trace} }
