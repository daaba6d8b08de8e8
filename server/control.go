package server

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// serverName is what the gateway calls itself in its metadata.
const serverName = "manifold"

// control answers the small calls of the protocol: about the server here, about one model in controlmodel.go, those that change a
// model server in administer.go.
type control struct {
	inferencepb.UnimplementedGRPCInferenceServiceServer

	catalog    Catalog
	readiness  *readiness
	version    string
	extensions Extensions
}

var _ inferencepb.GRPCInferenceServiceServer = (*control)(nil)

// ServerLive implements the RPC.
func (*control) ServerLive(context.Context, *inferencepb.ServerLiveRequest) (*inferencepb.ServerLiveResponse, error) {
	return &inferencepb.ServerLiveResponse{Live: true}, nil
}

// ServerReady implements the RPC: ready means that requests can be routed.
func (c *control) ServerReady(ctx context.Context, _ *inferencepb.ServerReadyRequest) (*inferencepb.ServerReadyResponse, error) {
	return &inferencepb.ServerReadyResponse{Ready: c.readiness.check(ctx) == nil}, nil
}

// ServerMetadata implements the RPC. Extensions are those that are fully served.
func (c *control) ServerMetadata(context.Context, *inferencepb.ServerMetadataRequest) (*inferencepb.ServerMetadataResponse, error) {
	return &inferencepb.ServerMetadataResponse{Name: serverName, Version: c.version, Extensions: c.extensions.served()}, nil
}

// RepositoryIndex implements the RPC: everything that has a name here, or what is ready of it. There is one repository, "".
func (c *control) RepositoryIndex(ctx context.Context, req *inferencepb.RepositoryIndexRequest) (*inferencepb.RepositoryIndexResponse, error) {
	if name := req.GetRepositoryName(); name != "" {
		return nil, infer.Errorf(codes.Unimplemented, "repository %q: repositories have no names here; leave repository_name empty", clip(name, maxName))
	}
	index, err := c.catalog.Index(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetReady() {
		index = slices.DeleteFunc(index, func(e *inferencepb.RepositoryIndexResponse_ModelIndex) bool { return e.GetState() != stateReady })
	}
	return &inferencepb.RepositoryIndexResponse{Models: index}, nil
}

// stateReady is the state of a model in an index that answers requests. Source: Triton's model repository extension.
const stateReady = "READY"
