package clients

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

const (
	maxConfigBytes  = 1 << 20
	maxConfigFields = 16 << 10 // of a configuration, at its top
)

// Config implements [infer.Configurer]: the server's own configuration of the model, remembered like its metadata, or what the
// metadata tell when the server has none.
func (u *Upstream) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	if err := u.checkVersion(ctx); err != nil {
		return nil, err
	}
	s := u.server
	c, err := s.configs.get(ctx, u.key(), source[*inferencepb.ModelConfig]{
		ask:        u.askConfig,
		life:       func(*inferencepb.ModelConfig) time.Duration { return lifetime },
		generation: s.generation.Load,
	})
	if err != nil {
		return nil, s.own(err)
	}
	if c != nil {
		return c, nil
	}
	m, err := u.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return m.Config(), nil
}

// askConfig returns nil when the server does not tell configurations.
func (u *Upstream) askConfig(ctx context.Context) (*inferencepb.ModelConfig, trip, error) {
	reply, way, err := ask[infer.Frame](ctx, u.server, u.name, inferencepb.GRPCInferenceService_ModelConfig_FullMethodName,
		&inferencepb.ModelConfigRequest{Name: u.name, Version: u.version}, grpc.MaxCallRecvMsgSize(maxConfigBytes))
	if infer.CodeOf(err) == codes.Unimplemented {
		return nil, way, nil
	}
	if err != nil {
		return nil, way, err
	}
	defer reply.Buffers.Free()
	c, err := decodeConfig(reply.Buffers.Materialize())
	if err != nil {
		return nil, way, u.server.undecodable(way, "configuration", err)
	}
	return c, way, nil
}

// decodeConfig reads a ModelConfigResponse. The fields are counted first, for generated types take far more memory than the wire.
func decodeConfig(data []byte) (*inferencepb.ModelConfig, error) {
	none := func(protowire.Number, protowire.Type, []byte, []byte) error { return nil }
	err := eachField(data, maxConfigFields, func(number protowire.Number, kind protowire.Type, _, value []byte) error {
		if number != 1 || kind != protowire.BytesType {
			return nil
		}
		return eachField(value, maxConfigFields, none)
	})
	if err != nil {
		return nil, err
	}
	var reply inferencepb.ModelConfigResponse
	if err := proto.Unmarshal(data, &reply); err != nil {
		return nil, err
	}
	if reply.GetConfig() == nil {
		return nil, errors.New("there is none in it")
	}
	return reply.GetConfig(), nil
}
