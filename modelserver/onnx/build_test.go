package onnx_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of TensorProto.DataType that the tests use.
const (
	float32Type = 1
	int32Type   = 6
	int64Type   = 7
	stringType  = 8
	boolType    = 9
)

// modelFile is an ONNX model to be written; the zero opset means 13.
type modelFile struct {
	opset   uint64
	nodes   [][]byte
	weights [][]byte
	inputs  [][]byte
	outputs [][]byte
}

func message(id protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, id, protowire.BytesType), body)
}

func text(id protowire.Number, s string) []byte { return message(id, []byte(s)) }

func number(id protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, id, protowire.VarintType), n)
}

func join(parts ...[]byte) (all []byte) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func (f modelFile) encode() []byte {
	var graph []byte
	for _, list := range []struct {
		id     protowire.Number
		bodies [][]byte
	}{{1, f.nodes}, {5, f.weights}, {11, f.inputs}, {12, f.outputs}} {
		for _, body := range list.bodies {
			graph = append(graph, message(list.id, body)...)
		}
	}
	opset := f.opset
	if opset == 0 {
		opset = 13
	}
	return join(number(1, 7), message(8, join(text(1, ""), number(2, opset))),
		message(7, join(text(2, "test"), graph)))
}

// write puts the model into a new folder and returns its path.
func (f modelFile) write(tb testing.TB) string {
	tb.Helper()
	return writeFile(tb, f.encode())
}

func writeFile(tb testing.TB, contents []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "model.onnx")
	if err := os.WriteFile(path, contents, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// node is an operator of the standard set, with inputs and outputs given like "a b → c".
func node(op, wiring string, attributes ...[]byte) []byte {
	from, to, _ := strings.Cut(wiring, "→")
	body := join(text(3, "the_"+strings.ToLower(op)), text(4, op))
	for name := range strings.FieldsSeq(from) {
		body = append(body, text(1, name)...)
	}
	for name := range strings.FieldsSeq(to) {
		body = append(body, text(2, name)...)
	}
	for _, attribute := range attributes {
		body = append(body, message(5, attribute)...)
	}
	return body
}

func intAttribute(name string, n uint64) []byte {
	return join(text(1, name), number(3, n), number(20, 2))
}

// tensorValue is an input or output; a dim is a size, or a name, or "?" for neither.
func tensorValue(name string, elem uint64, dims ...any) []byte {
	var shape []byte
	for _, dim := range dims {
		var body []byte
		switch d := dim.(type) {
		case int:
			body = number(1, uint64(d))
		case string:
			if d != "?" {
				body = text(2, d)
			}
		}
		shape = append(shape, message(1, body)...)
	}
	return join(text(1, name), message(2, message(1, join(number(1, elem), message(2, shape)))))
}

func floatWeight(name string, values []float32, dims ...int) []byte {
	var body []byte
	for _, d := range dims {
		body = append(body, number(1, uint64(d))...)
	}
	return join(body, number(2, float32Type), text(8, name), message(9, floats(values)))
}

func floats(values []float32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func toFloats(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}

func ints(values ...int32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return data
}
