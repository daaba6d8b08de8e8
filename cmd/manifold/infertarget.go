package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// inferTarget is one model of one server, over gRPC or REST. Errors are *infer.Error; one whose cause is errInferUnreachable
// says where nothing answers and what to do.
type inferTarget interface {
	metadata(ctx context.Context) (*infer.Metadata, error)
	infer(ctx context.Context, req *infer.Request) (*infer.Response, error)
	// models are the names that the server lists; none when it lists none.
	models(ctx context.Context) []string
	close()
}

var errInferUnreachable = errors.New("nothing answers")

func isInferUnreachable(err error) bool { return errors.Is(err, errInferUnreachable) }

func isInferNotFound(err error) bool { return infer.CodeOf(err) == codes.NotFound }

// unreachable is the error where nothing answers. The reason is the operating system's, or that of TLS.
func unreachable(address, protocol, reason string) error {
	return &infer.Error{
		Code:   codes.Unavailable,
		Reason: fmt.Sprintf("nothing answers %s at %s (%s): start a gateway with `manifold serve -f …`, or name another with --address", protocol, address, reason),
		Cause:  errInferUnreachable,
	}
}

func metadataOf(m *inferencepb.ModelMetadataResponse) *infer.Metadata {
	return &infer.Metadata{
		Name:     m.GetName(),
		Versions: m.GetVersions(),
		Platform: m.GetPlatform(),
		Inputs:   tensorMetadataOf(m.GetInputs()),
		Outputs:  tensorMetadataOf(m.GetOutputs()),
	}
}

func tensorMetadataOf(tensors []*inferencepb.ModelMetadataResponse_TensorMetadata) []infer.TensorMetadata {
	all := make([]infer.TensorMetadata, len(tensors))
	for i, t := range tensors {
		all[i] = infer.TensorMetadata{Name: t.GetName(), DataType: infer.DataType(t.GetDatatype()), Shape: t.GetShape()}
	}
	return all
}
