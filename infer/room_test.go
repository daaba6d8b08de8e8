package infer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// Messages that outgrow the room for one tensor keep what they hold.
func TestNewRequestOfAnySize(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		h := infer.Head{ModelName: "m", ModelVersion: "1", ID: strings.Repeat("i", 50*n)}
		for i := range n {
			h.Parameters = append(h.Parameters, infer.Parameter{Key: strings.Repeat("k", 30*i), Value: strings.Repeat("v", 200*i)})
		}
		var inputs []infer.TensorData
		var outputs []infer.RequestedOutput
		for i := range n {
			shape := make(infer.Shape, i)
			for d := range shape {
				shape[d] = 1
			}
			name := strings.Repeat("n", i+1)
			inputs = append(inputs, infer.TensorData{Name: name, DataType: infer.Int8, Shape: shape, Data: mem.SliceBuffer{byte(i)}, Parameters: h.Parameters[:i]})
			outputs = append(outputs, infer.RequestedOutput{Name: name, Parameters: h.Parameters[i:]})
		}
		req := infer.NewRequest(h, inputs, outputs)
		again, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(req.Marshal().Materialize())})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*infer.Request{req, again} {
			sameRequest(t, r, h, inputs, outputs)
			r.Free()
		}
	}
}

func sameRequest(t *testing.T, r *infer.Request, h infer.Head, inputs []infer.TensorData, outputs []infer.RequestedOutput) {
	t.Helper()
	p, err := r.Parameters()
	got := infer.Head{ModelName: r.ModelName(), ModelVersion: r.ModelVersion(), ID: r.ID(), Parameters: p}
	if diff := cmp.Diff(h, got); err != nil || diff != "" {
		t.Errorf("%d inputs: %v\n%s", len(inputs), err, diff)
	}
	for i := range r.Tensors() {
		x := &r.Tensors()[i]
		p, err := x.Parameters()
		raw, err2 := x.Bytes()
		got := infer.TensorData{Name: x.Name, DataType: x.DataType, Shape: x.Shape, Parameters: p, Data: mem.SliceBuffer(raw)}
		want := inputs[i]
		if len(want.Shape) == 0 {
			want.Shape = nil
		}
		if len(want.Parameters) == 0 {
			want.Parameters = nil
		}
		if diff := cmp.Diff(want, got); err != nil || err2 != nil || diff != "" {
			t.Errorf("input %d of %d: %v %v\n%s", i, len(inputs), err, err2, diff)
		}
	}
	if asked, err := r.Outputs(); err != nil || len(asked) != len(outputs) || len(r.Tensors()) != len(inputs) {
		t.Errorf("%d inputs, %d outputs %v, want %d", len(r.Tensors()), len(asked), err, len(inputs))
	}
}
