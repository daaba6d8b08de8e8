package server

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// checkMemory lets tensors in shared memory through to the models of the servers that it is open for. Elsewhere a client that could
// name memory of the model server's machine could read and write there.
func (i *inference) checkMemory(ctx context.Context, req *infer.Request) error {
	what, name, err := inMemory(req)
	if err != nil || what == "" {
		return err
	}
	for _, server := range i.memory {
		if i.catalog.Hosts(ctx, server, req.ModelName()) {
			return nil
		}
	}
	return infer.Errorf(codes.PermissionDenied, "%s %q: shared memory is closed here; send the tensor in the message, "+
		"or let spec.extensions.systemSharedMemory or cudaSharedMemory of the Gateway resource name the model's ModelServer", what, name)
}

// inMemory is the first tensor of req that is in shared memory, or shall be put there: what it is, and its name. What is "" for none.
func inMemory(req *infer.Request) (what, name string, err error) {
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		p, err := t.Parameters()
		if err != nil {
			return "", "", err
		}
		if p.NameMemory() {
			return "input", t.Name, nil
		}
	}
	outputs, err := req.Outputs()
	if err != nil {
		return "", "", err
	}
	for _, o := range outputs {
		if o.Parameters.NameMemory() {
			return "output", o.Name, nil
		}
	}
	return "", "", nil
}
