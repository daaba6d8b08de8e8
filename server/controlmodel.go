package server

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// ModelReady implements the RPC. A model that is there but cannot answer is not ready; one that is not there is NOT_FOUND, which
// [overGRPC] tells Triton's way.
func (c *control) ModelReady(ctx context.Context, req *inferencepb.ModelReadyRequest) (*inferencepb.ModelReadyResponse, error) {
	model, err := c.model(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	err = model.Ready(ctx)
	switch code := infer.CodeOf(err); {
	case code == codes.NotFound, code == codes.InvalidArgument, err != nil && ctx.Err() != nil:
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

// ModelConfig implements the RPC.
func (c *control) ModelConfig(ctx context.Context, req *inferencepb.ModelConfigRequest) (*inferencepb.ModelConfigResponse, error) {
	model, err := c.model(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	config, err := model.Config(ctx)
	if err != nil {
		return nil, err
	}
	if config.GetName() != req.GetName() {
		config = proto.CloneOf(config)
		config.Name = req.GetName()
	}
	return &inferencepb.ModelConfigResponse{Config: config}, nil
}

// ModelStatistics implements the RPC: those of one model, or of all when none is named.
func (c *control) ModelStatistics(ctx context.Context, req *inferencepb.ModelStatisticsRequest) (*inferencepb.ModelStatisticsResponse, error) {
	ask := c.catalog.Statistics
	if req.GetName() != "" {
		model, err := c.model(ctx, req.GetName(), req.GetVersion())
		if err != nil {
			return nil, err
		}
		ask = model.Statistics
	}
	all, err := ask(ctx)
	if err != nil {
		return nil, err
	}
	return &inferencepb.ModelStatisticsResponse{ModelStats: all}, nil
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

// overGRPC is control as clients of Triton's gRPC know it.
type overGRPC struct{ *control }

// ModelReady implements the RPC: a model that is not there is not ready, and no error.
func (c overGRPC) ModelReady(ctx context.Context, req *inferencepb.ModelReadyRequest) (*inferencepb.ModelReadyResponse, error) {
	resp, err := c.control.ModelReady(ctx, req)
	if infer.CodeOf(err) == codes.NotFound {
		return &inferencepb.ModelReadyResponse{}, nil
	}
	return resp, err
}
