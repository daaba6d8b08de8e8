package infercmd

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// inferTarget is one model of one server, over gRPC or REST. Errors are *infer.Error; one whose cause is errInferUnreachable
// is about the way to the server, and says what to do.
type inferTarget interface {
	metadata(ctx context.Context) (*infer.Metadata, error)
	infer(ctx context.Context, req *infer.Request) (*infer.Response, error)
	// models are the names that the server lists; none when it lists none.
	models(ctx context.Context) []string
	close()
}

var errInferUnreachable = errors.New("no way to the server")

func isInferUnreachable(err error) bool { return errors.Is(err, errInferUnreachable) }

func isInferNotFound(err error) bool { return infer.CodeOf(err) == codes.NotFound }

// unreachable is the error where nothing answers.
func unreachable(address, protocol, reason string) error {
	return noWay("nothing answers %s at %s (%s): start a gateway with `manifold serve -f …`, or name another with --address", protocol, address, reason)
}

// untrusted is the error where TLS does not come about.
func untrusted(address, reason string) error {
	return noWay("no TLS with %s (%s): trust its authority with --ca-file, or leave out --tls where none is spoken", address, reason)
}

func noWay(format string, args ...any) error {
	return &infer.Error{Code: codes.Unavailable, Reason: fmt.Sprintf(format, args...), Cause: errInferUnreachable}
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
