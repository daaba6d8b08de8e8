package differential_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// generator makes questions, most of them good ones.
type generator struct{ *rand.Rand }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

// question makes one: a good one, and then in some of the cases something is wrong with it.
func (g generator) question() question {
	q := g.good()
	q.ID = pick(g, "", "7", "ü\"\\\n", strings.Repeat("i", 300))
	if g.IntN(3) == 0 {
		q.Parameters = distinct(append(q.Parameters, g.parameters()...))
	}
	for range pick(g, 0, 0, 1, 1, 2) {
		g.spoil(&q)
	}
	if !q.decodes() {
		q.Model, q.Version = "anything", "" // REST knows the model before the message, gRPC does not: two faults have no order
	}
	return q
}

// decodes reports whether the edges can read the message at all.
func (q question) decodes() bool {
	return !slices.ContainsFunc(q.Inputs, func(in given) bool { return len(in.Shape) > infer.MaxRank })
}

func (g generator) good() question {
	switch g.IntN(12) {
	case 0, 1, 2:
		return g.identity()
	case 3, 4:
		return g.anything()
	case 5:
		return g.every(pick(g, "identity", "identity_batched"))
	case 6:
		return g.simple()
	case 7:
		q := g.inputs("label", infer.FP32, infer.Shape{int64(1 + g.IntN(8)), 4})
		q.Outputs = []wanted{{"OUTPUT0", g.IntN(6)}}
		return q
	case 8:
		shape := infer.Shape{1, int64(g.IntN(3))}
		q := g.inputs("onnx_zero_3_float32", infer.FP32, shape)
		return g.join(q, given{Name: "INPUT1", Type: infer.FP32, Shape: shape, Data: g.data(infer.FP32, shape)},
			given{Name: "INPUT2", Type: infer.FP32, Shape: shape, Data: g.data(infer.FP32, shape)})
	case 9:
		q := g.inputs("parameter", infer.FP32, infer.Shape{1})
		q.Parameters = g.parameters()
		if g.IntN(2) == 0 {
			q.Model, q.Inputs[0].Name, q.Inputs[0].Type = "parameters", "ANY", infer.Int32
		}
		return q
	}
	return g.odd()
}

func (g generator) join(q question, more ...given) question {
	q.Inputs = append(q.Inputs, more...)
	return q
}

// inputs is a question with INPUT0.
func (g generator) inputs(model string, d infer.DataType, shape infer.Shape) question {
	return question{Model: model, Inputs: []given{{Name: "INPUT0", Type: d, Shape: shape, Data: g.data(d, shape), Nested: g.IntN(3) == 0}}}
}

func (g generator) identity() question {
	d := pick(g, infer.DataTypes()...)
	shape := infer.Shape{int64(g.IntN(5)), int64(g.IntN(6))}
	if d == infer.Bytes {
		shape = shape[1:]
	}
	return g.inputs("identity_"+strings.ToLower(string(d)), d, shape)
}

// anything has inputs of any rank, scalars too.
func (g generator) anything() question {
	q := question{Model: "anything"}
	for i := range 1 + g.IntN(4) {
		d, shape := pick(g, infer.DataTypes()...), infer.Shape{}
		for range g.IntN(5) {
			shape = append(shape, int64(pick(g, 0, 1, 1, 2, 2, 3)))
		}
		q.Inputs = append(q.Inputs, given{
			Name: pick(g, "x", "input", "ü", "a b/c", strings.Repeat("n", 200)) + string(rune('0'+i)), Type: d, Shape: shape,
			Data: g.data(d, shape), Nested: g.IntN(3) == 0,
		})
	}
	return q
}

func (g generator) every(model string) question {
	q, shape := question{Model: model}, infer.Shape{int64(g.IntN(3))}
	if model == "identity_batched" {
		shape = infer.Shape{int64(1 + g.IntN(8)), int64(g.IntN(3))}
	}
	for _, d := range infer.DataTypes() {
		if g.IntN(4) == 0 {
			q.Inputs = append(q.Inputs, given{Name: strings.TrimPrefix(d.Config().String(), "TYPE_"), Type: d, Shape: shape, Data: g.data(d, shape)})
		}
	}
	return q
}

func (g generator) simple() question {
	model, d := "simple", infer.Int32
	switch g.IntN(4) {
	case 0:
		model, d = "simple_int8", infer.Int8
	case 1:
		model, d = "simple_string", infer.Bytes
	case 2:
		model = "chain"
	}
	shape := infer.Shape{int64(1 + g.IntN(8)), 16}
	q := g.inputs(model, d, shape)
	q = g.join(q, given{Name: "INPUT1", Type: d, Shape: shape, Data: g.data(d, shape)})
	if d == infer.Bytes && g.IntN(8) > 0 {
		n, _ := shape.Elements()
		for i := range q.Inputs {
			q.Inputs[i].Data = infer.RawStrings(slices.Repeat([]string{pick(g, "0", "-12", "300")}, n)...)
		}
	}
	return q
}

// odd are models with a will of their own.
func (g generator) odd() question {
	one := func(model, name string, d infer.DataType) question {
		return question{Model: model, Inputs: []given{{Name: name, Type: d, Shape: infer.Shape{1}, Data: g.data(d, infer.Shape{1})}}}
	}
	switch g.IntN(9) {
	case 0:
		q := one("fail", "CODE", infer.Bytes)
		q.Inputs[0].Data = infer.RawStrings(pick(g, "UNKNOWN", "INTERNAL", "NOT_FOUND", "INVALID_ARG", "UNAVAILABLE", "UNSUPPORTED", "ALREADY_EXISTS",
			"CANCELLED", "DEADLINE_EXCEEDED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "DATA_LOSS", "UNAUTHENTICATED", "ü"))
		return q
	case 1:
		return one("extremes", "ANY", infer.Int32)
	case 2:
		q := one("two", "ANY", infer.Int32)
		q.Version = pick(g, "", "1", "2", "3")
		return q
	case 3:
		return one("square_int32", "IN", infer.Int32)
	case 4:
		return one(pick(g, "broken", "none", "ü/?#%", ""), "INPUT0", infer.Int32)
	case 5:
		return one("one_bytes", "INPUT0", infer.Bytes)
	case 6:
		return g.inputs("nan_inf_output", infer.FP32, infer.Shape{1})
	case 7:
		q := g.inputs("simple_sequence", infer.Int32, infer.Shape{1, 1})
		q.Inputs[0].Name = "INPUT"
		if g.IntN(2) == 0 {
			q.Parameters = infer.Parameters{{Key: "sequence_id", Value: pick[any](g, int64(7), "seven")}, {Key: "sequence_start", Value: true}, {Key: "sequence_end", Value: true}}
		}
		return q
	}
	return g.inputs("fixed_fp32", infer.FP32, infer.Shape{2, 3})
}

func (g generator) parameters() infer.Parameters {
	var all infer.Parameters
	for _, key := range []string{"a", "ü", "b c", "number"} {
		if g.IntN(2) == 0 {
			all = append(all, infer.Parameter{Key: key, Value: pick[any](g, true, false, int64(0), int64(math.MinInt64), int64(math.MaxInt64), 0.5, -1e300, "", "ü\n\"")})
		}
	}
	return all
}

// data are as many elements as the shape calls for, extremes among them.
func (g generator) data(d infer.DataType, shape infer.Shape) []byte {
	n, _ := shape.Elements()
	plain := g.IntN(3) > 0 // what JSON can carry
	data := []byte{}
	for range min(n, 4096) {
		data = append(data, g.element(d, plain)...)
	}
	return data
}

func (g generator) element(d infer.DataType, plain bool) []byte {
	switch d {
	case infer.Bool:
		return []byte{byte(g.IntN(2))}
	case infer.Bytes:
		if !plain && g.IntN(2) == 0 {
			return infer.RawStrings(pick(g, "\xff\x00\xfe", "\x80", "\xed\xa0\x80", strings.Repeat("\xff", 100)))
		}
		return infer.RawStrings(pick(g, "", "a", "ü\"\\\n\x00\x01/", "<&>\u2028", "😀", strings.Repeat("x", 100)))
	case infer.FP32:
		return binary.LittleEndian.AppendUint32(nil, g.float32(plain))
	case infer.FP64:
		return binary.LittleEndian.AppendUint64(nil, g.float64(plain))
	default:
		bits := pick(g, 0, 1, math.MaxUint64, math.MaxInt64, 1<<63, 0x80, 0x7f, 0x8000, 0x7fff, 1<<31, 1<<31-1, 1<<53+1, g.Uint64())
		return binary.LittleEndian.AppendUint64(nil, bits)[:d.Size()]
	}
}

func (g generator) float32(plain bool) uint32 {
	bits := pick(g, 0, 1<<31, 1, math.Float32bits(math.MaxFloat32), 0x7f800000, 0xff800000, canonicalNaN32, 0x3f800001, g.Uint32())
	if v := math.Float32frombits(bits); plain && v != v {
		return canonicalNaN32
	}
	if !plain && g.IntN(4) == 0 {
		return pick[uint32](g, 0x7fc00001, 0xffc00000, 0x7f800001, 0xffffffff)
	}
	return bits
}

func (g generator) float64(plain bool) uint64 {
	bits := pick(g, 0, 1<<63, 1, math.Float64bits(math.MaxFloat64), 0x7ff0<<48, 0xfff0<<48, canonicalNaN64, 0x3ff0<<48+1, g.Uint64())
	if v := math.Float64frombits(bits); plain && v != v {
		return canonicalNaN64
	}
	if !plain && g.IntN(4) == 0 {
		return pick[uint64](g, 0x7ff8<<48+2, 0xfff8<<48, 0x7ff0<<48+1, math.MaxUint64)
	}
	return bits
}
