package v1json

import (
	"context"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// ContentType is that of every body.
const ContentType = "application/json"

// Model makes a model that takes tensors answer documents of the V1 protocol as well, translated with its metadata. It says of itself
// what the model says: that it takes no documents.
type Model struct{ infer.Model }

var _ infer.Model = Model{}

// Infer implements [infer.Handler]. A document that does not translate is INVALID_ARGUMENT.
func (m Model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	d := req.Document()
	if d == nil {
		return m.Model.Infer(ctx, req)
	}
	metadata, err := m.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	parameters, err := req.Parameters()
	if err != nil {
		return nil, err
	}
	tensors, form, err := DecodeRequest(d.Bytes(), infer.Head{
		ModelName: req.ModelName(), ModelVersion: req.ModelVersion(), ID: req.ID(), Parameters: parameters,
	}, metadata)
	if err != nil {
		return nil, err
	}
	defer tensors.Free()
	resp, err := m.Model.Infer(ctx, tensors)
	if err != nil {
		return nil, err
	}
	defer resp.Free()
	text, err := AppendResponse(nil, resp, form)
	if err != nil {
		return nil, err
	}
	head := infer.Head{ModelName: resp.ModelName(), ModelVersion: resp.ModelVersion(), ID: resp.ID()}
	return infer.NewDocumentResponse(head, ContentType, mem.SliceBuffer(text)), nil
}

// Stream implements [infer.Streamer].
func (m Model) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	if req.Document() == nil {
		return m.Model.Stream(ctx, req, yield)
	}
	return infer.StreamOnce(ctx, m, req, yield)
}
