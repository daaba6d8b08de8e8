//go:build linux

package interop

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// onnxTypes are ONNX's numbers of the datatypes that the embedded runtime has.
var onnxTypes = map[string]uint64{
	"FP32": 1, "UINT8": 2, "INT8": 3, "UINT16": 4, "INT16": 5, "INT32": 6, "INT64": 7, "BOOL": 9, "FP16": 10, "FP64": 11,
	"UINT32": 12, "UINT64": 13, "BF16": 16,
}

// writeIdentity writes an ONNX file with one Identity from x to y, vectors of any length.
func writeIdentity(t *testing.T, folder, datatype string) {
	t.Helper()
	shape := field(2, field(1, text(2, "n")))
	value := func(name string) []byte {
		return append(text(1, name), field(2, field(1, append(number(1, onnxTypes[datatype]), shape...)))...)
	}
	node := append(append(text(1, "x"), text(2, "y")...), text(4, "Identity")...)
	graph := append(append(append(field(1, node), text(2, "identity")...), field(11, value("x"))...), field(12, value("y"))...)
	model := append(append(number(1, 8), field(7, graph)...), field(8, number(2, 17))...)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const unbatched = "max_batch_size: 0\n" // a dynamic first axis is a batch otherwise
	if err := os.WriteFile(filepath.Join(folder, "config.pbtxt"), []byte(unbatched), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "model.onnx"), model, 0o600); err != nil {
		t.Fatal(err)
	}
}

func field(n protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), message)
}

func text(n protowire.Number, s string) []byte { return field(n, []byte(s)) }

func number(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}
