package onnx_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

func oneNode(op []byte) modelFile {
	return modelFile{
		nodes:   [][]byte{op},
		inputs:  [][]byte{tensorValue("x", float32Type, "N", 4)},
		outputs: [][]byte{tensorValue("y", float32Type, "N", 4)},
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	const cannot = "the embedded runtime cannot run this model"
	two := oneNode(node("LeakyRelu", "x → h"))
	two.nodes = append(two.nodes, node("LeakyRelu", "h → i"), join(node("Scaler", "i → y"), text(7, "ai.onnx.ml")))
	oldClip := oneNode(node("Clip", "x → y"))
	oldClip.opset = 10
	strings := oneNode(node("Identity", "x → y"))
	strings.inputs = [][]byte{tensorValue("x", stringType, "N", 4)}
	fixed := oneNode(node("Relu", "x → y"))
	fixed.outputs = [][]byte{tensorValue("y", float32Type, 1, 4)}
	mixed := oneNode(node("Transpose", "x → y"))
	mixed.outputs = [][]byte{tensorValue("y", float32Type, "?", "?")}
	pool := modelFile{
		nodes:   [][]byte{node("MaxPool", "x → y", intAttribute("ceil_mode", 1))},
		inputs:  [][]byte{tensorValue("x", float32Type, "N", 1, 4, 4)},
		outputs: [][]byte{tensorValue("y", float32Type, "N", 1, 2, 2)},
	}
	shapeless := oneNode(node("Relu", "x → y"))
	shapeless.inputs = [][]byte{join(text(1, "x"), message(2, message(1, number(1, float32Type))))}
	inner := join(text(1, "then_branch"), message(6, message(1, node("Elu", "x → z"))))

	for _, c := range []struct {
		name string
		file modelFile
		opts onnx.Options
		want string
	}{
		{"operator", oneNode(node("LeakyRelu", "x → y")), onnx.Options{}, cannot +
			": operator LeakyRelu is not supported: serve it from a model server (kind ModelServer), or export it without it"},
		{"operators", two, onnx.Options{}, cannot +
			": operators LeakyRelu, ai.onnx.ml.Scaler are not supported: serve it from a model server (kind ModelServer), or export it without them"},
		{"inner operator", oneNode(node("If", "x → y", inner)), onnx.Options{}, cannot +
			": operator Elu is not supported: serve it from a model server (kind ModelServer), or export it without it"},
		{"old operator", oldClip, onnx.Options{}, cannot +
			`: operator Clip (node "the_clip") of operator set 10 had another meaning: export the model with operator set 11 or newer`},
		{"strings", strings, onnx.Options{}, "input: " + cannot +
			`: "x" is a BYTES tensor: BYTES needs a model server (serve the model there and name it in a ModelServer)`},
		{"no batch axis", fixed, onnx.Options{MaxBatchSize: 4}, cannot +
			` in batches: the first axis of "y" is not dynamic: set max_batch_size to 0, or export the model with a dynamic batch axis`},
		{"mixed rows", mixed, onnx.Options{MaxBatchSize: 4}, cannot +
			` in batches: output "y" has shape [4 1] for a batch of 1: set max_batch_size to 0`},
		{"attribute", pool, onnx.Options{MaxBatchSize: 4}, cannot +
			`: compile for [[1 1 4 4]]: MaxPool: support for attribute 'ceil_mode' is not yet implemented: serve it from a model server (kind ModelServer)`},
		{"no shape", shapeless, onnx.Options{}, cannot +
			`: input "x" has no shape in the file: export the model with shapes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.name == "mixed rows" {
				oiptest.NeedsRuntime(t)
			}
			path := c.file.write(t)
			_, err := onnx.Open(t.Context(), path, c.opts)
			if !errors.Is(err, onnx.ErrUnsupported) {
				t.Fatalf("got error %v, want ErrUnsupported", err)
			}
			if diff := cmp.Diff("onnx "+path+": "+c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOpenBrokenFiles(t *testing.T) {
	t.Parallel()
	whole := newMLP().file().encode()
	for name, contents := range map[string][]byte{
		"empty":         nil,
		"truncated":     whole[:len(whole)-9],
		"half":          whole[:len(whole)/2],
		"other":         []byte("<html>not found</html>"),
		"no graph":      number(1, 7),
		"empty outputs": modelFile{outputs: [][]byte{nil}}.encode(),
		"short weight": modelFile{
			nodes:   [][]byte{node("Add", "x w → y")},
			weights: [][]byte{floatWeight("w", make([]float32, 3), 4)},
			inputs:  [][]byte{tensorValue("x", float32Type, 4)},
			outputs: [][]byte{tensorValue("y", float32Type, 4)},
		}.encode(),
		"dangling name": modelFile{
			nodes:   [][]byte{node("Relu", "x → y")},
			outputs: [][]byte{tensorValue("y", float32Type, 4)},
		}.encode(),
		"no operand": modelFile{
			nodes:   [][]byte{node("Relu", "→ y")},
			outputs: [][]byte{tensorValue("y", float32Type, 4)},
		}.encode(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, contents)
			_, err := onnx.Open(t.Context(), path, onnx.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), "onnx "+path+": ") {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestOpenMissingFile(t *testing.T) {
	t.Parallel()
	_, err := onnx.Open(t.Context(), filepath.Join(t.TempDir(), "none.onnx"), onnx.Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v", err)
	}
}

func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := onnx.Open(ctx, simple().write(t), onnx.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

// Files of IR version 3 list their weights among the inputs.
func TestWeightsAmongInputs(t *testing.T) {
	t.Parallel()
	net := newMLP()
	f := net.file()
	f.inputs = append([][]byte{tensorValue("b2", float32Type, mlpOut)}, f.inputs...)
	m := open(t, f, onnx.Options{MaxBatchSize: 2})
	want := []onnx.TensorInfo{{Name: "x", DataType: "FP32", Dims: []int64{-1, mlpIn}}}
	if diff := cmp.Diff(want, m.Inputs()); diff != "" {
		t.Error(diff)
	}
	if err := checkMLP(t.Context(), m, net, 2, 1); err != nil {
		t.Error(err)
	}
}

func externalWeight(location string) modelFile {
	entry := message(13, join(text(1, "location"), text(2, location)))
	weight := join(number(1, 4), number(2, float32Type), text(8, "w"), entry, number(14, 1))
	f := oneNode(node("Add", "x w → y"))
	f.weights = [][]byte{weight}
	return f
}

func TestExternalWeights(t *testing.T) {
	t.Parallel()
	oiptest.NeedsRuntime(t)
	path := externalWeight("w.bin").write(t)
	beside := filepath.Join(filepath.Dir(path), "w.bin")
	if err := os.WriteFile(beside, floats([]float32{1, 2, 3, 4}), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Open(t.Context(), path, onnx.Options{MaxBatchSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Run(t.Context(), []onnx.Tensor{
		{Name: "x", DataType: "FP32", Shape: []int64{1, 4}, Data: floats([]float32{1, 1, 1, 1})},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{2, 3, 4, 5}, toFloats(got[0].Data)); diff != "" {
		t.Error(diff)
	}
}

// A model must not read files outside of its folder.
func TestExternalWeightsOutside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, make([]byte, 16), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model", "model.onnx")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{"../secret", secret} {
		if err := os.WriteFile(path, externalWeight(location).encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := onnx.Open(t.Context(), path, onnx.Options{})
		if err == nil || !strings.Contains(err.Error(), "escapes") {
			t.Errorf("%s: got error %v", location, err)
		}
	}
}
