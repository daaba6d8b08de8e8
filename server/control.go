package server

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// serverName is what the gateway calls itself in its metadata.
const serverName = "manifold"

// control answers the small calls of the protocol.
type control struct {
	inferencepb.UnimplementedGRPCInferenceServiceServer

	catalog   Catalog
	readiness *readiness
	version   string
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
	return &inferencepb.ServerMetadataResponse{Name: serverName, Version: c.version, Extensions: extensions()}, nil
}

// ModelReady implements the RPC. A model that is there but cannot answer is not ready; one that is not there is NOT_FOUND.
func (c *control) ModelReady(ctx context.Context, req *inferencepb.ModelReadyRequest) (*inferencepb.ModelReadyResponse, error) {
	model, err := c.model(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	err = model.Ready(ctx)
	if err != nil && (infer.CodeOf(err) == codes.NotFound || ctx.Err() != nil) {
		return nil, err
	}
	return &inferencepb.ModelReadyResponse{Ready: err == nil}, nil
}

// ModelMetadata implements the RPC.
func (c *control) ModelMetadata(ctx context.Context, req *inferencepb.ModelMetadataRequest) (*inferencepb.ModelMetadataResponse, error) {
	model, err := c.model(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	m, err := model.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return &inferencepb.ModelMetadataResponse{
		Name:       req.GetName(),
		Versions:   m.Versions,
		Platform:   m.Platform,
		Inputs:     tensorMetadata(m.Inputs),
		Outputs:    tensorMetadata(m.Outputs),
		Properties: m.Properties,
	}, nil
}

func (c *control) model(ctx context.Context, name, version string) (infer.Model, error) {
	if err := checkName(name, version); err != nil {
		return nil, err
	}
	callOf(ctx).model = name
	return c.catalog.Model(ctx, name, version)
}

func tensorMetadata(tensors []infer.TensorMetadata) []*inferencepb.ModelMetadataResponse_TensorMetadata {
	all := make([]*inferencepb.ModelMetadataResponse_TensorMetadata, len(tensors))
	for i, t := range tensors {
		all[i] = &inferencepb.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: string(t.DataType), Shape: t.Shape}
	}
	return all
}
