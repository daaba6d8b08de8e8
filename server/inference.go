package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// inference serves ModelInfer on whatever edge, and ModelStreamInfer.
type inference struct {
	catalog  Catalog
	budget   *budget
	each     stage           // around each request of a stream
	stopping <-chan struct{} // closed: streams shall end
	requests int             // in flight on one stream
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
	if err := checkRequest(req); err != nil {
		return nil, err
	}
	resp, err := model.Infer(ctx, req)
	if err != nil {
		return nil, err
	}
	return address(resp, req).InRawForm()
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

// checkRequest refuses what the protocol does not allow and what is not served, so that model servers never see it.
func checkRequest(req *infer.Request) error {
	if err := refuseSharedMemory(req); err != nil {
		return err
	}
	if err := req.Validate(); err != nil {
		return err
	}
	outputs, err := req.Outputs()
	if err == nil {
		_, err = classification.Wanted(outputs)
	}
	return err
}

// refuseSharedMemory: a client that could name memory of the model server's machine could read and write there.
func refuseSharedMemory(req *infer.Request) error {
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		p, err := t.Parameters()
		if err != nil {
			return err
		}
		if namesMemory(p) {
			return sharedMemory("input", t.Name)
		}
	}
	outputs, err := req.Outputs()
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if namesMemory(o.Parameters) {
			return sharedMemory("output", o.Name)
		}
	}
	return nil
}

func namesMemory(p infer.Parameters) bool {
	_, ok := p.Lookup("shared_memory_region")
	return ok
}

func sharedMemory(what, name string) error {
	return infer.Errorf(codes.PermissionDenied, "%s %q: shared memory is not served here; send the tensor in the message", what, name)
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
