package clients

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

const (
	maxMetadataBytes  = 1 << 20
	maxMetadataFields = 4096

	fieldProperties protowire.Number = 6 // of ModelMetadataResponse
)

// Metadata implements [infer.Describer]. What the server tells is remembered for half a minute, or until a connection
// to it comes or goes.
func (u *Upstream) Metadata(ctx context.Context) (*infer.Metadata, error) {
	if err := u.checkVersion(ctx); err != nil {
		return nil, err
	}
	s := u.server
	m, err := s.metadata.get(ctx, u.key(), source[*infer.Metadata]{
		ask:        u.askMetadata,
		life:       func(*infer.Metadata) time.Duration { return lifetime },
		generation: s.generation.Load,
	})
	if err != nil {
		return nil, s.own(err)
	}
	return m, nil
}

func (u *Upstream) askMetadata(ctx context.Context) (*infer.Metadata, trip, error) {
	reply, way, err := ask[infer.Frame](ctx, u.server, u.name, inferencepb.GRPCInferenceService_ModelMetadata_FullMethodName,
		&inferencepb.ModelMetadataRequest{Name: u.name, Version: u.version}, grpc.MaxCallRecvMsgSize(maxMetadataBytes))
	if err != nil {
		return nil, way, err
	}
	defer reply.Buffers.Free()
	m, err := decodeMetadata(reply.Buffers.Materialize())
	if err != nil {
		return nil, way, u.server.undecodable(way, "metadata", err)
	}
	return m, way, nil
}

// decodeMetadata reads a ModelMetadataResponse of any server. Field 6 is told apart by hand: text by text in OIP, and in MLServer
// text by InferParameter, which the generated type would take for text that is not UTF-8.
func decodeMetadata(data []byte) (*infer.Metadata, error) {
	var known []byte
	properties := map[string]string{}
	err := eachField(data, maxMetadataFields, func(number protowire.Number, kind protowire.Type, whole, value []byte) error {
		if number != fieldProperties {
			known = append(known, whole...)
			return nil
		}
		if kind != protowire.BytesType {
			return errors.New("field 6 is not a map")
		}
		return addProperty(properties, value)
	})
	if err != nil {
		return nil, err
	}
	var m inferencepb.ModelMetadataResponse
	if err := proto.Unmarshal(known, &m); err != nil {
		return nil, err
	}
	return &infer.Metadata{
		Name:       m.GetName(),
		Versions:   m.GetVersions(),
		Platform:   m.GetPlatform(),
		Inputs:     tensors(m.GetInputs()),
		Outputs:    tensors(m.GetOutputs()),
		Properties: properties,
	}, nil
}

func tensors(all []*inferencepb.ModelMetadataResponse_TensorMetadata) []infer.TensorMetadata {
	described := make([]infer.TensorMetadata, len(all))
	for i, t := range all {
		described[i] = infer.TensorMetadata{Name: t.GetName(), DataType: infer.DataType(t.GetDatatype()), Shape: t.GetShape()}
	}
	return described
}

// addProperty reads one entry of the map in field 6.
func addProperty(properties map[string]string, entry []byte) error {
	var key string
	var value []byte
	err := eachField(entry, maxMetadataFields, func(number protowire.Number, kind protowire.Type, _, v []byte) error {
		switch {
		case number == 1 && kind == protowire.BytesType:
			key = string(v)
		case number == 2 && kind == protowire.BytesType:
			value = v
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("field 6: %w", err)
	}
	if text, ok := property(value); ok && utf8.ValidString(key) {
		properties[key] = text
	}
	return nil
}

// property reads a value of either kind. MLServer's parameters start with one of three control characters (the tags of bool_param,
// int64_param and string_param), which no text does. A value that is neither is left out.
func property(value []byte) (string, bool) {
	if text, ok := parameterText(value); ok {
		return text, true
	}
	return string(value), utf8.Valid(value)
}

// parameterText is an InferParameter as text; false when value is none.
func parameterText(value []byte) (text string, ok bool) {
	number, kind, n := protowire.ConsumeTag(value)
	if n < 0 {
		return "", false
	}
	rest := value[n:]
	switch {
	case number == 3 && kind == protowire.BytesType:
		data, n := protowire.ConsumeBytes(rest)
		return string(data), n == len(rest) && utf8.Valid(data)
	case number <= 2 && kind == protowire.VarintType:
		v, n := protowire.ConsumeVarint(rest)
		if number == 1 {
			return strconv.FormatBool(v != 0), n == len(rest)
		}
		return strconv.FormatInt(int64(v), 10), n == len(rest)
	}
	return "", false
}

// eachField calls each on every field of a message that may have so many of them.
func eachField(data []byte, most int, each func(number protowire.Number, kind protowire.Type, whole, value []byte) error) error {
	for count := 0; len(data) > 0; count++ {
		if count == most {
			return fmt.Errorf("it has more than %d fields", most)
		}
		number, kind, tag := protowire.ConsumeTag(data)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		n := protowire.ConsumeFieldValue(number, kind, data[tag:])
		if n < 0 {
			return protowire.ParseError(n)
		}
		value := data[tag : tag+n]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if err := each(number, kind, data[:tag+n], value); err != nil {
			return err
		}
		data = data[tag+n:]
	}
	return nil
}
