package clients

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// maxReplyBytes bounds what a server answers to a call about itself.
const maxReplyBytes = 4 << 20

// Administer makes a unary RPC about the server itself, such as loading a model, at every endpoint, and fills reply in with what the
// first answers. The error is that of the first endpoint that has one; others may have done as they were told. KServe's server is
// asked to load and unload in its own words.
func (s *Server) Administer(ctx context.Context, method string, req, reply proto.Message) error {
	ask := s.administer
	if named, ok := req.(interface {
		GetModelName() string
		GetRepositoryName() string
	}); ok && named.GetRepositoryName() == "" {
		dialect, err := s.dialect(ctx)
		if err != nil {
			return err
		}
		if dialect == KServe {
			ask = func(ctx context.Context, e *balance.Endpoint[*link], method string, _, _ proto.Message) error {
				return s.administerKServe(ctx, e, method, named.GetModelName())
			}
		}
	}
	replies, err := everywhere(ctx, s, func(ctx context.Context, e *balance.Endpoint[*link]) (proto.Message, error) {
		own := reply.ProtoReflect().New().Interface()
		return own, ask(ctx, e, method, req, own)
	})
	if err != nil {
		return err
	}
	for _, r := range replies {
		if r.err != nil {
			return r.err
		}
	}
	proto.Merge(reply, replies[0].value)
	return nil
}

func (s *Server) administer(ctx context.Context, e *balance.Endpoint[*link], method string, req, reply proto.Message) error {
	return s.invokeAt(ctx, e, method, req, reply, grpc.MaxCallRecvMsgSize(maxReplyBytes))
}

// administerKServe loads or unloads a model. KServe's messages have the model's name where Triton's have the repository's (T3). Version
// 0.21 does as it is told and fails then to say so, with INTERNAL, so the model is asked.
func (s *Server) administerKServe(ctx context.Context, e *balance.Endpoint[*link], method, model string) error {
	wire := protowire.AppendTag(nil, 1, protowire.BytesType)
	wire = protowire.AppendString(wire, model)
	var reply infer.Frame
	err := s.invokeAt(ctx, e, method, &infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(wire)}}, &reply,
		grpc.MaxCallRecvMsgSize(maxReplyBytes))
	reply.Buffers.Free()
	if infer.CodeOf(err) != codes.Internal {
		return err
	}
	var is inferencepb.ModelReadyResponse
	unknown := s.invokeAt(ctx, e, inferencepb.GRPCInferenceService_ModelReady_FullMethodName,
		&inferencepb.ModelReadyRequest{Name: model}, &is, probeSize())
	loaded := unknown == nil && is.GetReady()
	gone := infer.CodeOf(unknown) == codes.NotFound
	if unload := method == inferencepb.GRPCInferenceService_RepositoryModelUnload_FullMethodName; unload && gone || !unload && loaded {
		return nil
	}
	return err
}
