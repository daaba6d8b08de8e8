package infer

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a ModelStreamInferResponse, from proto/inference.
const (
	streamError    protowire.Number = 1
	streamResponse protowire.Number = 2
)

// MarshalStream returns r as the wire bytes of a ModelStreamInferResponse, with a reference of its own on every buffer: a few bytes
// before those of the response, which are shared. An error without text is named by its code, because an empty error_message
// says that there is none.
func (r Reply) MarshalStream() mem.BufferSlice {
	var head []byte
	if r.Err != nil {
		text := strings.ToValidUTF8(r.Err.Error(), "\uFFFD")
		if text == "" {
			text = r.Err.Code.String()
		}
		head = protowire.AppendTag(head, streamError, protowire.BytesType)
		head = protowire.AppendString(head, text)
	}
	if r.Response == nil {
		return mem.BufferSlice{mem.SliceBuffer(head)}
	}
	head = protowire.AppendTag(head, streamResponse, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(r.Response.wire.len()))
	body := r.Response.Marshal()
	return append(append(make(mem.BufferSlice, 0, 1+len(body)), mem.SliceBuffer(head)), body...)
}

// ParseStreamResponse reads the wire bytes of a ModelStreamInferResponse. It takes one reference on buffers over; when it fails
// the reference is gone. The response shares the bytes, and is there whenever there is no error_message; with one, only when the
// message has it. The wire has no code for an error_message: it becomes INTERNAL, as a model's fault. The error is INTERNAL: the
// fault is the server's.
func ParseStreamResponse(buffers mem.BufferSlice) (Reply, error) {
	defer buffers.Free()
	var r Reply
	var b builder
	found, err := b.streamFields(newWire(buffers), &r)
	body := b.finish()
	if err != nil {
		body.Free()
		return Reply{}, Errorf(codes.Internal, "the stream's message does not decode: %w", err)
	}
	if r.Err != nil && !found {
		return r, nil
	}
	if r.Response, err = ParseResponse(body); err != nil {
		return Reply{}, err
	}
	return r, nil
}

// streamFields puts the response's bytes into b. Of a submessage that comes in parts, the parts together are the message.
func (b *builder) streamFields(w wire, r *Reply) (found bool, err error) {
	fields := 0
	err = w.fields(span{0, w.len()}, func(f field) error {
		if fields++; fields > maxFields {
			return fmt.Errorf("it has more than %d fields", maxFields)
		}
		if f.number <= streamResponse && f.kind != protowire.BytesType {
			return fmt.Errorf("field %d: %w", f.number, errWireType)
		}
		switch f.number {
		case streamError:
			return w.streamError(f.value, r)
		case streamResponse:
			found = true
			b.share(w, f.value)
		}
		return nil
	})
	return found, err
}

func (w wire) streamError(text span, r *Reply) error {
	reason := w.view(text)
	if !utf8.Valid(reason) {
		return errors.New("its error is not UTF-8")
	}
	r.Err = nil // the last one counts
	if len(reason) > 0 {
		r.Err = &Error{Code: codes.Internal, Reason: string(reason)}
	}
	return nil
}
