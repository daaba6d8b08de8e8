package models

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// Unloaded is m as it is when it was unloaded: known, but without a version, so NOT_FOUND.
func (m *Model) Unloaded() *Model {
	gone := *m
	gone.absent = "unloaded"
	return &gone
}

// Loaded is m loaded anew: it has counted nothing and knows no sequences. The fields that config has, a ModelConfig in JSON, replace
// the model's own; "" replaces none. The error is INVALID_ARGUMENT when config is not one, INTERNAL when the model does not load.
// Source: Triton's model repository extension, the load parameter "config".
func (m *Model) Loaded(config string) (*Model, error) {
	if m.absent != "" {
		return nil, infer.Errorf(codes.Internal, "failed to load %q: %s", m.Name(), m.absent)
	}
	fresh := *m
	fresh.config = proto.CloneOf(m.config)
	if config != "" {
		over := &inferencepb.ModelConfig{}
		if err := protojson.Unmarshal([]byte(config), over); err != nil {
			return nil, infer.Errorf(codes.InvalidArgument, "failed to load %q: its config is not a ModelConfig: %w", m.Name(), err)
		}
		over.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			fresh.config.ProtoReflect().Set(f, v)
			return true
		})
		fresh.config.Name = m.Name()
	}
	fresh.versions = nil
	for _, v := range m.versions {
		fresh.versions = append(fresh.versions, version{v.name, &tally.Counter{}})
	}
	if batching := fresh.config.GetSequenceBatching(); batching != nil {
		fresh.sequences = newSequences(batching)
	}
	return &fresh, nil
}

// Versions are those of the model, ascending, and why they cannot answer, "" when they can.
func (m *Model) Versions() (names []string, absent string) {
	for _, v := range m.versions {
		names = append(names, v.name)
	}
	return names, m.absent
}
