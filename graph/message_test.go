package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// document is an OIP JSON request, as the golden files have it.
type document struct {
	ID         string         `json:"id"`
	Parameters map[string]any `json:"parameters"`
	Inputs     []tensor       `json:"inputs"`
	Outputs    []struct {
		Name string `json:"name"`
	} `json:"outputs"`
}

type tensor struct {
	Name       string         `json:"name"`
	DataType   infer.DataType `json:"datatype"`
	Shape      infer.Shape    `json:"shape"`
	Parameters map[string]any `json:"parameters"`
	Data       []any          `json:"data"`
}

// requestOf reads text as a request to the graph of that name, in buffers of the pool.
func requestOf(tb testing.TB, pool *oiptest.Pool, model, text string) *infer.Request {
	tb.Helper()
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		tb.Fatalf("request: %v", err)
	}
	inputs := make([]infer.TensorData, len(d.Inputs))
	for i, in := range d.Inputs {
		inputs[i] = in.data()
	}
	var wanted []infer.RequestedOutput
	for _, o := range d.Outputs {
		wanted = append(wanted, infer.RequestedOutput{Name: o.Name})
	}
	head := infer.Head{ModelName: model, ID: d.ID, Parameters: parametersOf(d.Parameters)}
	return pooledRequest(tb, pool, infer.NewRequest(head, inputs, wanted))
}

func (in tensor) data() infer.TensorData {
	raw := rawOf(in.DataType, in.Data)
	return infer.TensorData{
		Name: in.Name, DataType: in.DataType, Shape: in.Shape, Parameters: parametersOf(in.Parameters), Data: mem.SliceBuffer(raw),
	}
}

// rawOf knows the datatypes of the golden files.
func rawOf(d infer.DataType, values []any) []byte {
	var raw []byte
	for _, v := range values {
		switch d {
		case infer.Bytes:
			raw = append(raw, infer.RawStrings(v.(string))...)
		case infer.FP32:
			raw = append(raw, infer.RawOf(float32(v.(float64)))...)
		case infer.Int64:
			raw = append(raw, infer.RawOf(int64(v.(float64)))...)
		default:
			panic(fmt.Sprintf("the tests know no %s", d))
		}
	}
	return raw
}

func parametersOf(m map[string]any) infer.Parameters {
	var p infer.Parameters
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if f, ok := value.(float64); ok {
			value = int64(f)
		}
		p = append(p, infer.Parameter{Key: key, Value: value})
	}
	return p
}

// pooledRequest is r in buffers of the pool, as if it had come from a connection.
func pooledRequest(tb testing.TB, pool *oiptest.Pool, r *infer.Request) *infer.Request {
	tb.Helper()
	pooled, err := infer.ParseRequest(pooled(pool, r.Marshal()))
	r.Free()
	if err != nil {
		tb.Fatal(err)
	}
	return pooled
}

func pooledResponse(pool *oiptest.Pool, r *infer.Response) *infer.Response {
	defer r.Free()
	pooled, err := infer.ParseResponse(pooled(pool, r.Marshal()))
	if err != nil {
		panic(err)
	}
	return pooled
}

func pooled(pool *oiptest.Pool, buffers mem.BufferSlice) mem.BufferSlice {
	defer buffers.Free()
	return pool.Split(buffers.Materialize(), 48)
}

// describe writes a message on one line: name, id, parameters and tensors.
func describe(m infer.Message) string {
	words := []string{fmt.Sprintf("%q", m.ModelName())}
	if m.ModelVersion() != "" {
		words = append(words, "version "+m.ModelVersion())
	}
	if m.ID() != "" {
		words = append(words, "id "+m.ID())
	}
	words = append(words, describeParameters(m)...)
	for i := range m.Tensors() {
		words = append(words, describeTensor(&m.Tensors()[i]))
	}
	if r, ok := m.(*infer.Request); ok {
		outputs, _ := r.Outputs()
		for _, o := range outputs {
			words = append(words, "wants "+o.Name)
		}
	}
	return strings.Join(words, "  ")
}

func describeParameters(m interface {
	Parameters() (infer.Parameters, error)
},
) []string {
	parameters, err := m.Parameters()
	if err != nil {
		return []string{err.Error()}
	}
	var words []string
	for _, p := range parameters {
		words = append(words, fmt.Sprintf("%s=%v", p.Key, p.Value))
	}
	return words
}

func describeTensor(t *infer.Tensor) string {
	text := fmt.Sprintf("%s %s%v", t.Name, t.DataType, t.Shape)
	if p := describeParameters(t); len(p) > 0 {
		text += " (" + strings.Join(p, " ") + ")"
	}
	return text + " " + describeData(t)
}

func describeData(t *infer.Tensor) string {
	var values any
	var err error
	switch t.DataType {
	case infer.Bytes:
		values, err = infer.Strings(t)
	case infer.FP32:
		values, err = infer.Values[float32](t)
	case infer.Int64:
		values, err = infer.Values[int64](t)
	default:
		return "?"
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(values)
}
