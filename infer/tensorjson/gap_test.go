package tensorjson_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"google.golang.org/grpc/mem"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// inPieces is a response as it comes from the wire, in buffers of that many bytes.
func inPieces(t *rapid.T, resp *infer.Response, size int) *infer.Response {
	defer resp.Free()
	wire := resp.Marshal().MaterializeToBuffer(mem.NopBufferPool{}).ReadOnlyData()
	var pieces mem.BufferSlice
	for len(wire) > 0 {
		n := min(size, len(wire))
		pieces = append(pieces, mem.SliceBuffer(wire[:n]))
		wire = wire[n:]
	}
	parsed, err := infer.ParseResponse(pieces)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestAnAnswerInBlocksIsTheAnswer(t *testing.T) {
	t.Parallel()
	types := []infer.DataType{infer.FP32, infer.FP64, infer.Int16, infer.Uint64, infer.Bool, infer.FP16, infer.Bytes}
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var outputs []infer.TensorData
		for i := range rapid.IntRange(1, 3).Draw(t, "outputs") {
			outputs = append(outputs, bigTensor(random, fmt.Sprint("y", i), types[random.IntN(len(types))]))
		}
		resp := inPieces(t, infer.NewResponse(infer.Head{ModelName: "m", ID: "7"}, outputs), rapid.IntRange(1000, 70000).Draw(t, "piece"))
		defer resp.Free()
		form := tensorjson.OutputForm{}
		if rapid.IntRange(0, 3).Draw(t, "form") == 0 {
			form.Listed = map[string]bool{"y1": true, "y2": false}
		}
		whole, wholeErr := tensorjson.EncodeFramed(resp, form, tensorjson.Options{})
		later, err := tensorjson.EncodeLater(resp, form, tensorjson.Options{})
		if fmt.Sprint(err) != fmt.Sprint(wholeErr) {
			t.Fatalf("%v, as a whole %v", err, wholeErr)
		}
		if err == nil {
			sameBody(t, later, whole)
		}
	})
}

func bigTensor(random *rand.Rand, name string, d infer.DataType) infer.TensorData {
	n := random.IntN(120_000)
	if d == infer.Bytes {
		return raw(name, d, infer.Shape{2}, infer.RawStrings("a", "é"))
	}
	data := make([]byte, n*d.Size())
	for i := range data {
		data[i] = byte(random.Uint32())
		if d == infer.Bool {
			data[i] &= 1
		}
	}
	return raw(name, d, infer.Shape{int64(n)}, data)
}

func sameBody(t *rapid.T, later, whole tensorjson.Framed) {
	var want, got bytes.Buffer
	if _, err := whole.WriteTo(&want); err != nil {
		t.Fatal(err)
	}
	n, err := later.WriteTo(&got)
	if err != nil || n != int64(got.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, got.Len(), err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Fatalf("got  %.200s\nwant %.200s", got.Bytes(), want.Bytes())
	}
}

// failing is a writer that breaks after so many bytes.
type failing struct{ left int }

var errBroken = errors.New("broken pipe")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestBlocksEndWithTheConnection(t *testing.T) {
	t.Parallel()
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{raw("y", infer.FP32, infer.Shape{1 << 20}, make([]byte, 4<<20))})
	defer resp.Free()
	f, err := tensorjson.EncodeLater(resp, tensorjson.OutputForm{}, tensorjson.Options{})
	if err != nil || f.Whole() {
		t.Fatal(err, f.Whole())
	}
	w := &failing{left: 100_000}
	if n, err := f.WriteTo(w); !errors.Is(err, errBroken) || n > 100_000 || w.left < -1<<20 {
		t.Errorf("%d bytes, %v, %d left", n, err, w.left)
	}
}
