package graph_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// script is what a model of a golden file does.
type script struct {
	// Gives maps an output to its values, or to "$input", the values of an input. Text is BYTES, a number FP32.
	Gives map[string]any `json:"gives"`
	// Says are parameters of its response.
	Says map[string]any `json:"says"`
	// Fails is a gRPC code and a reason.
	Fails string `json:"fails"`
	// Takes is how long it thinks, 1ms if not given; "forever": until it is cancelled.
	Takes string `json:"takes"`
	// Inputs and Outputs, given as "FP32[-1,4]", are its metadata.
	Inputs  map[string]string `json:"inputs"`
	Outputs map[string]string `json:"outputs"`
	// Unready is why it is not ready.
	Unready string `json:"unready"`
	// Streams makes it a decoupled model: its replies, each with what it gives or how it fails, and how long it takes.
	Streams []script `json:"streams"`
}

// model acts a script.
type model struct {
	name   string
	script script
	pool   *oiptest.Pool
	trace  *trace
}

var _ infer.Handler = (*model)(nil)

func (m *model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	m.trace.add(ctx, 1, "    "+m.name+" gets "+describe(req))
	if err := m.think(ctx); err != nil {
		return nil, err
	}
	if m.script.Fails != "" {
		return nil, m.failure()
	}
	var outputs []infer.TensorData
	for _, name := range slices.Sorted(maps.Keys(m.script.Gives)) {
		outputs = append(outputs, m.output(name, m.script.Gives[name], req))
	}
	return pooledResponse(m.pool, infer.NewResponse(m.head(req), outputs)), nil
}

func (m *model) head(req *infer.Request) infer.Head {
	return infer.Head{ModelName: m.name, ModelVersion: "3", ID: req.ID(), Parameters: parametersOf(m.script.Says)}
}

func (m *model) think(ctx context.Context) error {
	var done <-chan time.Time
	if m.script.Takes != "forever" {
		takes, err := time.ParseDuration(cmpOr(m.script.Takes, "1ms"))
		if err != nil {
			return err
		}
		timer := time.NewTimer(takes)
		defer timer.Stop()
		done = timer.C
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (m *model) failure() error {
	code, reason, _ := strings.Cut(m.script.Fails, " ")
	for c := codes.OK; c <= codes.Unauthenticated; c++ {
		if c.String() == code {
			return &infer.Error{Code: c, Origin: "upstream " + m.name, Reason: reason}
		}
	}
	panic("no such code: " + code)
}

func (m *model) output(name string, value any, req *infer.Request) infer.TensorData {
	if text, ok := value.(string); ok && strings.HasPrefix(text, "$") {
		for i := range req.Tensors() {
			if t := &req.Tensors()[i]; t.Name == text[1:] {
				raw, _ := t.AppendTo(nil)
				return infer.TensorData{Name: name, DataType: t.DataType, Shape: t.Shape, Data: mem.SliceBuffer(raw)}
			}
		}
		value = []any{"no input " + text}
	}
	values := value.([]any)
	datatype := infer.FP32
	if _, text := values[0].(string); text {
		datatype = infer.Bytes
	}
	return infer.TensorData{
		Name: name, DataType: datatype, Shape: infer.Shape{int64(len(values))}, Data: mem.SliceBuffer(rawOf(datatype, values)),
		Parameters: infer.Parameters{{Key: "binary_data_size", Value: int64(99)}, {Key: "labels", Value: "v2"}},
	}
}

// describing is a model with metadata.
type describing struct{ *model }

var _ infer.Describer = describing{}

func (d describing) Metadata(context.Context) (*infer.Metadata, error) {
	if d.script.Inputs["error"] != "" {
		return nil, infer.Errorf(codes.Unavailable, "%s", d.script.Inputs["error"])
	}
	return &infer.Metadata{Name: d.name, Inputs: tensorsOf(d.script.Inputs), Outputs: tensorsOf(d.script.Outputs)}, nil
}

// Ready makes it a Prober, too.
func (d describing) Ready(context.Context) error {
	if d.script.Unready == "" {
		return nil
	}
	return infer.Errorf(codes.Unavailable, "%s", d.script.Unready)
}

func tensorsOf(m map[string]string) []infer.TensorMetadata {
	var all []infer.TensorMetadata
	for _, name := range slices.Sorted(maps.Keys(m)) {
		datatype, shape, _ := strings.Cut(strings.TrimSuffix(m[name], "]"), "[")
		t := infer.TensorMetadata{Name: name, DataType: infer.DataType(datatype)}
		for _, d := range strings.FieldsFunc(shape, func(r rune) bool { return r == ',' }) {
			var n int64
			_, _ = fmt.Sscan(d, &n)
			t.Shape = append(t.Shape, n)
		}
		all = append(all, t)
	}
	return all
}

// models resolves names to scripts, and URLs by their text.
type models struct {
	scripts map[string]script
	pool    *oiptest.Pool
	trace   *trace
}

var _ graph.Resolver = models{}

func (r models) Resolve(target graph.Target) (infer.Handler, error) {
	name := target.Service + target.URL
	s, known := r.scripts[name]
	if !known {
		return nil, infer.Errorf(codes.NotFound, "no model is named %q; known are %v", name, slices.Sorted(maps.Keys(r.scripts)))
	}
	m := &model{name, s, r.pool, r.trace}
	if s.Streams != nil {
		return streaming{describing{m}}, nil
	}
	if s.Inputs != nil || s.Outputs != nil || s.Unready != "" {
		return describing{m}, nil
	}
	return m, nil
}
