package onnx

import "google.golang.org/protobuf/encoding/protowire"

// field is one field of a protobuf message. Of value and number, the wire type
// decides which is set.
type field struct {
	id     int32
	raw    []byte // the whole field, tag included
	value  []byte
	number uint64
}

// eachField calls visit for the fields of message in their order, until one fails.
// What it passes aliases message.
func eachField(message []byte, visit func(field) error) error {
	for len(message) > 0 {
		f, err := firstField(message)
		if err != nil {
			return err
		}
		if err := visit(f); err != nil {
			return err
		}
		message = message[len(f.raw):]
	}
	return nil
}

// firstField reads the field that message begins with.
func firstField(message []byte) (field, error) {
	id, kind, tag := protowire.ConsumeTag(message)
	if tag < 0 {
		return field{}, protowire.ParseError(tag)
	}
	n := protowire.ConsumeFieldValue(id, kind, message[tag:])
	if n < 0 {
		return field{}, protowire.ParseError(n)
	}
	f := field{id: int32(id), raw: message[:tag+n]}
	if kind == protowire.BytesType {
		f.value, _ = protowire.ConsumeBytes(message[tag:])
	}
	if kind == protowire.VarintType {
		f.number, _ = protowire.ConsumeVarint(message[tag:])
	}
	return f, nil
}
