package v1json_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// negate answers each FP32 with its negative, as tensors.
type negate struct {
	infer.Model
	t *testing.T
}

func (negate) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Name: "n", Inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.FP32, Shape: infer.Shape{-1}}}}, nil
}

func (n negate) Infer(_ context.Context, req *infer.Request) (*infer.Response, error) {
	if req.Document() != nil {
		n.t.Error("it is sent a document")
	}
	values, err := infer.Values[float32](&req.Tensors()[0])
	if err != nil {
		return nil, err
	}
	for i := range values {
		values[i] = -values[i]
	}
	return infer.NewResponse(infer.Head{ModelName: "n", ModelVersion: "3", ID: req.ID()},
		[]infer.TensorData{tensor("y", infer.FP32, infer.RawOf(values...), int64(len(values)))}), nil
}

func TestModelAnswersInTheFormItIsAsked(t *testing.T) {
	t.Parallel()
	m := v1json.Model{Model: negate{t: t}}
	if infer.TakesDocuments(m) {
		t.Error("a model of tensors says that it takes documents")
	}
	ask := func(text string) (*infer.Response, error) {
		req := infer.NewDocumentRequest(infer.Head{ModelName: "n", ID: "1"}, "", mem.SliceBuffer([]byte(text)))
		defer req.Free()
		return m.Infer(t.Context(), req)
	}
	resp, err := ask(`{"instances":[1,2.5]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(resp.Document().Bytes()); got != `{"predictions":[-1.0,-2.5]}` || resp.ID() != "1" || resp.ModelVersion() != "3" {
		t.Errorf("%s", got)
	}
	resp.Free()
	if _, err := ask(`{"instances":["a"]}`); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("%v", err)
	}
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{tensor("x", infer.FP32, infer.RawOf[float32](1), 1)}, nil)
	defer req.Free()
	if resp, err = m.Infer(t.Context(), req); err != nil || resp.Document() != nil {
		t.Fatalf("%v", err)
	}
	resp.Free()
}
