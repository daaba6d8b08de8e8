package infer

import (
	"errors"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that Codec falls back to
	"google.golang.org/grpc/mem"
)

// Codec is grpc-go's codec "proto", except that a [Frame] passes as bytes. Servers force it with grpc.ForceServerCodecV2,
// clients with grpc.ForceCodecV2; all other messages go to the default codec.
type Codec struct{}

var _ encoding.CodecV2 = Codec{}

// Frame is a message that grpc-go shall neither encode nor decode.
//
// Sending: Buffers must hold a reference for grpc-go, as [Request.Marshal] takes it; grpc-go frees it.
// Receiving: Buffers hold a reference that the receiver frees.
type Frame struct{ Buffers mem.BufferSlice }

// Marshal implements [encoding.CodecV2].
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*Frame); ok {
		return f.Buffers, nil
	}
	return fallback().Marshal(v)
}

// Unmarshal implements [encoding.CodecV2].
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(*Frame)
	if !ok {
		return fallback().Unmarshal(data, v)
	}
	if f.Buffers != nil {
		return errors.New("a frame was received twice")
	}
	data.Ref()
	f.Buffers = data
	return nil
}

// Name implements [encoding.CodecV2].
func (Codec) Name() string { return "proto" }

func fallback() encoding.CodecV2 { return encoding.GetCodecV2("proto") }
