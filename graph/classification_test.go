package graph_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// askedForClasses is a request for classes of the outputs of that name.
func askedForClasses(name string, k int64) *infer.Request {
	return infer.NewRequest(infer.Head{ModelName: "g"}, []infer.TensorData{
		{Name: "x", DataType: infer.FP32, Shape: infer.Shape{2, 3}, Data: mem.SliceBuffer(infer.RawOf[float32](1, 3, 2, 6, 5, 4))},
		{Name: "row", DataType: infer.FP32, Shape: infer.Shape{3}, Data: mem.SliceBuffer(infer.RawOf[float32](1, 3, 2))},
	}, []infer.RequestedOutput{{Name: name, Parameters: infer.Parameters{{Key: "classification", Value: k}}}})
}

// TestGraphClassifiesItsOutputs: the steps are not asked to.
func TestGraphClassifiesItsOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]script{
		"a":   {Gives: map[string]any{"y": "$x", "row": "$row", "text": []any{"a"}}},
		"llm": {Streams: []script{{Gives: map[string]any{"y": "$x"}}}},
	})
	plan := w.compile(t, `nodes: {root: {routerType: Ensemble, steps: [{serviceName: a, name: s}]}}`)["g"]
	for _, c := range []struct {
		output string
		k      int64
		want   string
		code   codes.Code
	}{
		{"s.y", 2, `s.y BYTES[2,2] [3.000000:1 2.000000:2 6.000000:0 5.000000:1]`, codes.OK},
		{"s.row", 1, `s.row BYTES[1] [3.000000:1]`, codes.OK},
		{"s.text", 1, "", codes.InvalidArgument},
		{"s.y", 0, "", codes.InvalidArgument},
		{"none", 1, "", codes.InvalidArgument},
	} {
		req := askedForClasses(c.output, c.k)
		resp, err := plan.Infer(t.Context(), req)
		req.Free()
		if infer.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.output, err)
		}
		if err != nil {
			continue
		}
		if got := describeTensor(&resp.Tensors()[0]); got != c.want || len(resp.Tensors()) != 1 {
			t.Errorf("got %s, want %s", got, c.want)
		}
		resp.Free()
	}
}

// TestGraphClassifiesEachReply of a stream.
func TestGraphClassifiesEachReply(t *testing.T) {
	t.Parallel()
	gives := script{Gives: map[string]any{"y": "$x"}}
	w := newWorld(t, map[string]script{"llm": {Streams: []script{gives, gives}}})
	plan := w.compile(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: llm}]}}`)["g"]
	req := askedForClasses("y", 1)
	defer req.Free()
	replies := 0
	err := plan.Stream(t.Context(), req, func(r infer.Reply) error {
		replies++
		if got := describeTensor(&r.Response.Tensors()[0]); got != `y BYTES[2,1] [3.000000:1 6.000000:0]` {
			t.Errorf("got %s", got)
		}
		r.Response.Free()
		return nil
	})
	if err != nil || replies != 2 {
		t.Errorf("%d replies, %v", replies, err)
	}
}
