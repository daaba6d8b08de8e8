package standin

import (
	"context"
	"path"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
	"github.com/manifold-serving/manifold/server"
)

var _ server.Administrator = (*Repository)(nil)

// Administer implements [server.Administrator]: models are loaded and unloaded. Everything else is UNIMPLEMENTED.
func (r *Repository) Administer(_ context.Context, method string, req, _ proto.Message) error {
	switch req := req.(type) {
	case *inferencepb.RepositoryModelLoadRequest:
		return r.load(req.GetModelName(), req.GetParameters()["config"].GetStringParam())
	case *inferencepb.RepositoryModelUnloadRequest:
		return r.unload(req.GetModelName())
	}
	return infer.Errorf(codes.Unimplemented, "%s is not for this server", path.Base(method))
}

// load loads a model, again if it was loaded. One that does not load stays as it is.
func (r *Repository) load(name, config string) error {
	declared, ok := r.declared[name]
	if !ok {
		return infer.Errorf(codes.Internal, "failed to load %q: there is no such model", name)
	}
	fresh, err := declared.Loaded(config)
	if err != nil {
		return err
	}
	r.put(fresh)
	return nil
}

func (r *Repository) unload(name string) error {
	declared, ok := r.declared[name]
	if !ok {
		return infer.Errorf(codes.Internal, "failed to unload %q: there is no such model", name)
	}
	r.put(declared.Unloaded())
	return nil
}

func (r *Repository) put(m *models.Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[m.Name()] = m
}
