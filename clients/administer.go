package clients

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// maxReplyBytes bounds what a server answers to a call about itself.
const maxReplyBytes = 4 << 20

// Administer makes a unary RPC about the server itself, such as loading a model, and fills reply in. KServe's server is asked to
// load and unload in its own words.
func (s *Server) Administer(ctx context.Context, method string, req, reply proto.Message) error {
	if named, ok := req.(interface {
		GetModelName() string
		GetRepositoryName() string
	}); ok && named.GetRepositoryName() == "" {
		dialect, err := s.dialect(ctx)
		if err != nil {
			return err
		}
		if dialect == KServe {
			return s.administerKServe(ctx, method, named.GetModelName())
		}
	}
	_, err := s.invoke(ctx, method, req, reply, grpc.MaxCallRecvMsgSize(maxReplyBytes))
	return err
}

// administerKServe loads or unloads a model. KServe's messages have the model's name where Triton's have the repository's (T3). Version
// 0.21 does as it is told and fails then to say so, with INTERNAL, so the model is asked.
func (s *Server) administerKServe(ctx context.Context, method, model string) error {
	wire := protowire.AppendTag(nil, 1, protowire.BytesType)
	wire = protowire.AppendString(wire, model)
	var reply infer.Frame
	_, err := s.invoke(ctx, method, &infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(wire)}}, &reply,
		grpc.MaxCallRecvMsgSize(maxReplyBytes))
	reply.Buffers.Free()
	if infer.CodeOf(err) != codes.Internal {
		return err
	}
	ready, _, unknown := s.askReady(ctx, model, "")
	loaded := unknown == nil && ready
	gone := infer.CodeOf(unknown) == codes.NotFound
	if unload := method == inferencepb.GRPCInferenceService_RepositoryModelUnload_FullMethodName; unload && gone || !unload && loaded {
		return nil
	}
	return err
}
