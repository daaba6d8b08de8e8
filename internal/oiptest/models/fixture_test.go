package models_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
)

// model is one of All.
func model(t *testing.T, name string) *models.Model {
	t.Helper()
	for _, m := range models.All() {
		if m.Name() == name {
			return m
		}
	}
	t.Fatalf("there is no model %s", name)
	return nil
}

func input[T infer.Element](name string, shape infer.Shape, values ...T) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.DataTypeOf[T](), Shape: shape, Data: mem.SliceBuffer(infer.RawOf(values...))}
}

func text(name string, shape infer.Shape, values ...string) infer.TensorData {
	return infer.TensorData{Name: name, DataType: infer.Bytes, Shape: shape, Data: mem.SliceBuffer(infer.RawStrings(values...))}
}

func counting(name string, from int32) infer.TensorData {
	values := make([]int32, 16)
	for i := range values {
		values[i] = from + int32(i)
	}
	return input(name, infer.Shape{1, 16}, values...)
}

// ask sends a request of inputs. The answer lives as long as the test.
func ask(t *testing.T, m *models.Model, h infer.Head, outputs []infer.RequestedOutput, inputs ...infer.TensorData) (*infer.Response, error) {
	t.Helper()
	req := infer.NewRequest(h, inputs, outputs)
	defer req.Free()
	resp, err := m.Infer(t.Context(), req)
	if err == nil {
		t.Cleanup(resp.Free)
	}
	return resp, err
}

// seen is an output in comparable form.
type seen struct {
	Name  string
	Type  infer.DataType
	Shape infer.Shape
	Raw   string
}

func outputs(t *testing.T, r infer.Message) []seen {
	t.Helper()
	var all []seen
	for i := range r.Tensors() {
		o := &r.Tensors()[i]
		data, err := o.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, seen{o.Name, o.DataType, o.Shape, string(data)})
	}
	return all
}

func wants(t *testing.T, resp *infer.Response, err error, want ...infer.TensorData) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	for _, w := range want {
		all = append(all, seen{w.Name, w.DataType, w.Shape, string(w.Data.ReadOnlyData())})
	}
	if diff := cmp.Diff(all, outputs(t, resp)); diff != "" {
		t.Error(diff)
	}
}

func fails(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := infer.CodeOf(err); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}
