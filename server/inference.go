package server

import (
	"context"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/infer"
)

// inference serves ModelInfer on whatever edge, and ModelStreamInfer.
type inference struct {
	catalog  Catalog
	budget   *budget
	each     stage           // around each request of a stream
	stopping <-chan struct{} // closed: streams shall end
	requests int             // in flight on one stream
	outputs  OutputForm
	memory   []string // the ModelServers whose models may be sent tensors in shared memory
}

// serve answers one call. It is a stream handler, because grpc-go reads a unary message before anybody can refuse it.
func (i *inference) serve(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	share := charge{budget: i.budget}
	if err := share.grow(min(int64(unreadBytes), i.budget.limit)); err != nil {
		return err
	}
	defer share.release()
	req, err := receive(stream, &share)
	if err != nil {
		return err
	}
	defer req.Free()
	callOf(ctx).received = req.Size()
	resp, err := i.answer(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Free()
	callOf(ctx).sent = resp.Size()
	return stream.SendMsg(&infer.Frame{Buffers: resp.Marshal()})
}

// receive reads the request. The caller frees it.
func receive(stream grpc.ServerStream, share *charge) (*infer.Request, error) {
	var frame infer.Frame
	if err := stream.RecvMsg(&frame); err != nil {
		frame.Buffers.Free() // there is a frame when the client sent a second one behind it
		return nil, err
	}
	if err := share.grow(int64(frame.Buffers.Len())); err != nil {
		frame.Buffers.Free()
		return nil, err
	}
	return infer.ParseRequest(frame.Buffers)
}

// answer finds the model and asks it. The caller frees the response.
func (i *inference) answer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	model, err := i.find(ctx, req.ModelName(), req.ModelVersion())
	if err != nil {
		return nil, err
	}
	if err := i.checkRequest(ctx, req); err != nil {
		return nil, err
	}
	resp, err := model.Infer(ctx, req)
	if err != nil {
		return nil, err
	}
	return i.formed(address(resp, req), req)
}

// formed is an answer in the form that its client reads: Triton's clients read raw bytes, others the form that they send. It takes resp over,
// also when it fails.
func (i *inference) formed(resp *infer.Response, req *infer.Request) (*infer.Response, error) {
	if i.outputs == MirrorOutputs && req.IsTyped() {
		return resp.InTypedForm()
	}
	return resp.InRawForm()
}

// find asks the catalog once a call: an edge that knows the name before the message comes asks before it reads that.
func (i *inference) find(ctx context.Context, name, version string) (infer.Model, error) {
	c := callOf(ctx)
	if c.target != nil {
		return c.target, nil
	}
	if err := checkName(name, version); err != nil {
		return nil, err
	}
	c.model = name
	model, err := i.catalog.Model(ctx, name, version)
	if err != nil {
		return nil, err
	}
	c.known, c.target = true, model
	return model, nil
}

// address makes resp the answer to req: its id, and the model's name as the client knows it. It takes resp over.
func address(resp *infer.Response, req *infer.Request) *infer.Response {
	var e infer.Edit
	if resp.ID() != req.ID() {
		e.ID = new(req.ID())
	}
	if resp.ModelName() != req.ModelName() {
		e.ModelName = new(req.ModelName())
	}
	if e.ID == nil && e.ModelName == nil {
		return resp
	}
	return resp.Edit(e)
}
