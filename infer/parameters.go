package infer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Parameter is one entry of a parameters map. Value is a bool, int64, string, float64 or uint64.
type Parameter struct {
	Key   string
	Value any
}

// Parameters is a parameters map in wire order; of two entries with one key the last counts.
type Parameters []Parameter

// Lookup returns the value of key.
func (p Parameters) Lookup(key string) (any, bool) {
	for _, entry := range slices.Backward(p) {
		if entry.Key == key {
			return entry.Value, true
		}
	}
	return nil, false
}

// FramesTransfer reports whether a parameter describes how one hop moves its tensors, and so must not reach the next hop.
// Source: spec trap T8.
func FramesTransfer(key string) bool {
	switch key {
	case "binary_data_size", "binary_data", "binary_data_output", "triton_enable_empty_final_response":
		return true
	}
	return strings.HasPrefix(key, "shared_memory_")
}

// parameter reads a map entry.
func (w wire) parameter(entry span) (Parameter, error) {
	var p Parameter
	err := w.fields(entry, func(f field) error {
		if (f.number == mapKey || f.number == mapValue) && f.kind != protowire.BytesType {
			return errWireType
		}
		switch f.number {
		case mapKey:
			p.Key = string(w.view(f.value))
		case mapValue:
			return w.parameterValue(f.value, &p)
		}
		return nil
	})
	if err == nil && !utf8.ValidString(p.Key) {
		err = errors.New("a parameter's key is not UTF-8")
	}
	return p, err
}

func (w wire) parameterValue(choice span, p *Parameter) error {
	return w.fields(choice, func(f field) error {
		var want protowire.Type
		switch f.number {
		case parameterBool:
			want, p.Value = protowire.VarintType, f.scalar != 0
		case parameterInt64:
			want, p.Value = protowire.VarintType, int64(f.scalar)
		case parameterUint64:
			want, p.Value = protowire.VarintType, f.scalar
		case parameterString:
			text := string(w.view(f.value))
			if !utf8.ValidString(text) {
				return fmt.Errorf("parameter %q is not UTF-8", p.Key)
			}
			want, p.Value = protowire.BytesType, text
		case parameterDouble:
			want, p.Value = protowire.Fixed64Type, 0.0
			if f.kind == want {
				bits, _ := protowire.ConsumeFixed64(w.view(f.value))
				p.Value = math.Float64frombits(bits)
			}
		default:
			return nil
		}
		if f.kind != want {
			return errWireType
		}
		return nil
	})
}

// appendParameters appends p as map entries of field number.
func appendParameters(dst []byte, number protowire.Number, p Parameters) []byte {
	for _, entry := range p {
		body := len(dst)
		dst = protowire.AppendTag(dst, mapKey, protowire.BytesType)
		dst = protowire.AppendString(dst, entry.Key)
		value := len(dst)
		dst = nest(appendParameterValue(dst, entry.Value), value, mapValue)
		dst = nest(dst, body, number)
	}
	return dst
}

func appendParameterValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		dst = protowire.AppendTag(dst, parameterBool, protowire.VarintType)
		return protowire.AppendVarint(dst, protowire.EncodeBool(v))
	case int64:
		dst = protowire.AppendTag(dst, parameterInt64, protowire.VarintType)
		return protowire.AppendVarint(dst, uint64(v))
	case uint64:
		dst = protowire.AppendTag(dst, parameterUint64, protowire.VarintType)
		return protowire.AppendVarint(dst, v)
	case string:
		dst = protowire.AppendTag(dst, parameterString, protowire.BytesType)
		return protowire.AppendString(dst, v)
	case float64:
		dst = protowire.AppendTag(dst, parameterDouble, protowire.Fixed64Type)
		return protowire.AppendFixed64(dst, math.Float64bits(v))
	case nil:
		return dst
	}
	panic(fmt.Sprintf("infer: a parameter cannot be a %T", value))
}
