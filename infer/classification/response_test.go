package classification_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func output(name string, d infer.DataType, shape infer.Shape, raw []byte) infer.TensorData {
	return infer.TensorData{Name: name, DataType: d, Shape: shape, Data: mem.SliceBuffer(raw)}
}

// received is a response as it comes from a connection; the test fails when its buffers are not freed.
func received(tb testing.TB, outputs ...infer.TensorData) *infer.Response {
	tb.Helper()
	head := infer.Head{ModelName: "m", ModelVersion: "2", ID: "an id", Parameters: infer.Parameters{{Key: "p", Value: "v"}}}
	made := infer.NewResponse(head, outputs)
	defer made.Free()
	buffers := made.Marshal()
	defer buffers.Free()
	resp, err := infer.ParseResponse(oiptest.NewPool(tb).Split(buffers.Materialize(), 16))
	if err != nil {
		tb.Fatal(err)
	}
	return resp
}

// described are the outputs, one a line; those that are not texts only by their length.
func described(tb testing.TB, resp *infer.Response) []string {
	tb.Helper()
	var lines []string
	for i := range resp.Tensors() {
		o := &resp.Tensors()[i]
		data, err := o.Bytes()
		if err != nil {
			tb.Fatal(err)
		}
		text := fmt.Sprintf("%d bytes", len(data))
		if texts, err := infer.Strings(o); err == nil {
			text = strings.Join(texts, " ")
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s %s%v %s", o.Name, o.DataType, o.Shape, text), " "))
	}
	return lines
}

// TestApply: Source: protocol page 1.4, classification.
func TestApply(t *testing.T) {
	t.Parallel()
	type order = classification.Order
	scores := infer.RawOf[float32](1, 3, 2, 6, 5, 4)
	for _, c := range []struct {
		name  string
		shape infer.Shape
		data  []byte
		order order
		want  string
	}{
		{"a batch", infer.Shape{2, 3}, scores, order{Top: 2, Batched: true}, "y BYTES[2,2] 3.000000:1 2.000000:2 6.000000:0 5.000000:1"},
		{"rows of any rank", infer.Shape{2, 3, 1}, scores, order{Top: 1, Batched: true}, "y BYTES[2,1] 3.000000:1 6.000000:0"},
		{"no batch", infer.Shape{2, 3}, scores, order{Top: 2}, "y BYTES[2] 6.000000:3 5.000000:4"},
		{"labels", infer.Shape{2, 3}, scores, order{2, true, []string{"a", "b"}}, "y BYTES[2,2] 3.000000:1:b 2.000000:2 6.000000:0:a 5.000000:1:b"},
		{"more classes than elements", infer.Shape{2, 3}, scores, order{Top: 9, Batched: true}, "y BYTES[2,3] 3.000000:1 2.000000:2 1.000000:0 6.000000:0 5.000000:1 4.000000:2"},
		{"a scalar", infer.Shape{}, scores[:4], order{Top: 1, Batched: true}, "y BYTES[1] 1.000000:0"},
		{"empty batch", infer.Shape{0, 3}, nil, order{Top: 2, Batched: true}, "y BYTES[0,2]"},
		{"rows of nothing", infer.Shape{1 << 62, 0}, nil, order{Top: 2, Batched: true}, fmt.Sprintf("y BYTES[%d,0]", 1<<62)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp := received(t, output("x", infer.Bool, infer.Shape{1}, []byte{1}), output("y", infer.FP32, c.shape, c.data), output("z", infer.Bytes, infer.Shape{1}, infer.RawStrings("kept")))
			resp, err := classification.Apply(resp, map[string]order{"y": c.order, "nobody": {Top: 1}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"x BOOL[1] 1 bytes", c.want, "z BYTES[1] kept"}, described(t, resp)); diff != "" {
				t.Error(diff)
			}
			if p, err := resp.Parameters(); resp.ModelName() != "m" || resp.ModelVersion() != "2" || resp.ID() != "an id" || err != nil || len(p) != 1 {
				t.Errorf("the head became %q %q %q %v %v", resp.ModelName(), resp.ModelVersion(), resp.ID(), p, err)
			}
			resp.Free()
		})
	}
}

// TestApplyKeepsOtherOutputs: their bytes are those that came.
func TestApplyKeepsOtherOutputs(t *testing.T) {
	t.Parallel()
	large := make([]byte, 1<<20)
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{
		output("large", infer.Uint8, infer.Shape{1 << 20}, large), output("y", infer.Int8, infer.Shape{2}, []byte{1, 2}),
	})
	resp, err := classification.Apply(resp, map[string]classification.Order{"y": {Top: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	if got, err := resp.Tensors()[0].Bytes(); err != nil || &got[0] != &large[0] {
		t.Errorf("the large output was copied: %v", err)
	}
	plain := infer.NewResponse(infer.Head{}, nil)
	defer plain.Free()
	if same, err := classification.Apply(plain, map[string]classification.Order{"y": {Top: 1}}); err != nil || same != plain {
		t.Errorf("a response without the output is made anew: %v", err)
	}
}

// TestApplyTypedContents: a server that answers in typed contents is classified, too.
func TestApplyTypedContents(t *testing.T) {
	t.Parallel()
	wire, err := proto.Marshal(&inferencepb.ModelInferResponse{Outputs: []*inferencepb.ModelInferResponse_InferOutputTensor{
		{Name: "y", Datatype: "INT32", Shape: []int64{3}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{5, -1, 7}}},
		{Name: "z", Datatype: "INT32", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{1}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	if resp, err = classification.Apply(resp, map[string]classification.Order{"y": {Top: 2}}); err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	if diff := cmp.Diff([]string{"y BYTES[2] 7:2 5:0", "z INT32[1] 4 bytes"}, described(t, resp)); diff != "" {
		t.Error(diff)
	}
}

func TestApplyFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		output infer.TensorData
		code   codes.Code
		want   string
	}{
		{"texts", output("y", infer.Bytes, infer.Shape{1}, infer.RawStrings("a")), codes.InvalidArgument, `output "y" is BYTES and cannot be classified; its elements have no order`},
		{"halves", output("y", infer.FP16, infer.Shape{1}, []byte{1, 2}), codes.InvalidArgument, `output "y" is FP16 and cannot be classified; its elements have no order`},
		{
			"too large", output("y", infer.Int8, infer.Shape{1_000_001}, make([]byte, 1_000_001)), codes.InvalidArgument,
			`output "y": classification output tensor too large: 1000001 elements, the most are 1000000`,
		},
		{
			"data that do not fit", output("y", infer.Int8, infer.Shape{2}, []byte{1}), codes.Internal,
			`output "y": 1 bytes of raw data for shape [2], whose 2 elements of INT8 take 1 bytes each`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := classification.Apply(received(t, c.output), map[string]classification.Order{"y": {Top: 1}})
			if err == nil || err.Error() != c.want || infer.CodeOf(err) != c.code {
				t.Errorf("got %v: %v", infer.CodeOf(err), err)
			}
		})
	}
}

// TestMostElementsThatAreSorted: the limit itself passes.
func TestMostElementsThatAreSorted(t *testing.T) {
	t.Parallel()
	got, err := classification.Order{Top: 1}.Classify("y", infer.Int8, infer.Shape{classification.MaxElements}, make([]byte, classification.MaxElements))
	if err != nil || !got.Shape.Matches(infer.Shape{1}) {
		t.Errorf("got %v, %v", got.Shape, err)
	}
}
