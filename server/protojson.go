package server

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// appendMessage appends m: fields in order of declaration; messages and members of a oneof only when they are set.
func appendMessage(dst []byte, m protoreflect.Message) []byte {
	dst = append(dst, '{')
	first := true
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.HasPresence() && !m.Has(f) {
			continue
		}
		dst = comma(dst, &first)
		dst = appendString(dst, string(f.Name()))
		dst = append(dst, ':')
		dst = appendField(dst, f, m.Get(f))
	}
	return append(dst, '}')
}

func appendField(dst []byte, f protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch {
	case f.IsMap():
		return appendMap(dst, f.MapValue(), v.Map())
	case f.IsList():
		return appendList(dst, f, v.List())
	}
	return appendValue(dst, f, v)
}

func appendList(dst []byte, f protoreflect.FieldDescriptor, list protoreflect.List) []byte {
	dst = append(dst, '[')
	first := true
	for i := range list.Len() {
		dst = comma(dst, &first)
		dst = appendValue(dst, f, list.Get(i))
	}
	return append(dst, ']')
}

// appendMap appends entries in order of their keys, which are text in JSON.
func appendMap(dst []byte, f protoreflect.FieldDescriptor, m protoreflect.Map) []byte {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	dst = append(dst, '{')
	first := true
	for _, key := range keys {
		dst = comma(dst, &first)
		dst = appendString(dst, key.String())
		dst = append(dst, ':')
		dst = appendValue(dst, f, m.Get(key))
	}
	return append(dst, '}')
}

func appendValue(dst []byte, f protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return appendMessage(dst, v.Message())
	case protoreflect.EnumKind:
		if value := f.Enum().Values().ByNumber(v.Enum()); value != nil {
			return appendString(dst, string(value.Name()))
		}
		return strconv.AppendInt(dst, int64(v.Enum()), 10)
	case protoreflect.BytesKind:
		return appendString(dst, base64.StdEncoding.EncodeToString(v.Bytes()))
	case protoreflect.StringKind:
		return appendString(dst, v.String())
	case protoreflect.BoolKind:
		return strconv.AppendBool(dst, v.Bool())
	case protoreflect.FloatKind:
		return appendFloat(dst, v.Float(), 32)
	case protoreflect.DoubleKind:
		return appendFloat(dst, v.Float(), 64)
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Sint32Kind, protoreflect.Sint64Kind,
		protoreflect.Sfixed32Kind, protoreflect.Sfixed64Kind:
	}
	return strconv.AppendInt(dst, v.Int(), 10)
}

// appendFloat writes what JSON has no number for as text, as protojson does.
func appendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits)
}

func appendString(dst []byte, s string) []byte {
	text, err := encodeJSON(s)
	if err != nil {
		panic("server: " + err.Error()) // every string can be encoded
	}
	return append(dst, text...)
}

func comma(dst []byte, first *bool) []byte {
	if *first {
		*first = false
		return dst
	}
	return append(dst, ',')
}
