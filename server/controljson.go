package server

import (
	"fmt"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// controlJSON is the JSON of control calls as inference clients read it: proto names, all fields that have a default, and 64-bit
// integers as numbers. Protojson would write them as strings, and vary its spaces.
type controlJSON struct{}

var _ runtime.Marshaler = controlJSON{}

// ContentType implements runtime.Marshaler.
func (controlJSON) ContentType(any) string { return "application/json" }

// Marshal implements runtime.Marshaler.
func (controlJSON) Marshal(v any) ([]byte, error) {
	if m, ok := v.(proto.Message); ok {
		return appendMessage(nil, m.ProtoReflect()), nil
	}
	return encodeJSON(v)
}

// Unmarshal implements runtime.Marshaler. Unknown keys are skipped, as the protocol wants it.
func (controlJSON) Unmarshal(data []byte, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("a %T cannot be read from JSON", v)
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, m)
}

// NewDecoder implements runtime.Marshaler; an empty body is io.EOF, which generated handlers accept.
func (c controlJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err == nil && len(data) == 0 {
			err = io.EOF
		}
		if err != nil {
			return err
		}
		return c.Unmarshal(data, v)
	})
}

// NewEncoder implements runtime.Marshaler.
func (c controlJSON) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := c.Marshal(v)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}
