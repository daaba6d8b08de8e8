package infer_test

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// TestPieces: the bytes of each tensor, whatever buffers the message came in.
func TestPieces(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	want := [][]byte{bytes.Repeat([]byte{1, 2, 3}, 1000), nil, {7}}
	var outputs []infer.TensorData
	for i, data := range want {
		name := string(rune('a' + i))
		outputs = append(outputs, infer.TensorData{Name: name, DataType: infer.Uint8, Shape: infer.Shape{int64(len(data))}, Data: mem.SliceBuffer(data)})
	}
	whole := infer.NewResponse(infer.Head{ModelName: "m"}, outputs)
	defer whole.Free()
	buffers := whole.Marshal()
	message := buffers.Materialize()
	buffers.Free()
	for _, size := range []int{1, 7, 1000, len(message)} {
		resp, err := infer.ParseResponse(pool.Split(message, size))
		if err != nil {
			t.Fatal(err)
		}
		for i := range resp.Tensors() {
			pieces, err := resp.Tensors()[i].Pieces()
			if err != nil || !bytes.Equal(bytes.Join(pieces, nil), want[i]) {
				t.Errorf("buffers of %d bytes: tensor %d has %d pieces, %v", size, i, len(pieces), err)
			}
			if len(want[i]) == 0 && len(pieces) != 0 {
				t.Errorf("an empty tensor has %d pieces", len(pieces))
			}
		}
		resp.Free()
	}
}

// TestPiecesOfTypedContents: they are converted, as Bytes converts them.
func TestPiecesOfTypedContents(t *testing.T) {
	t.Parallel()
	resp := typedResponse(t)
	defer resp.Free()
	pieces, err := resp.Tensors()[0].Pieces()
	want, wantErr := resp.Tensors()[0].Bytes()
	if err != nil || wantErr != nil || len(want) == 0 || !bytes.Equal(bytes.Join(pieces, nil), want) {
		t.Errorf("pieces %x, %v; want %x, %v", pieces, err, want, wantErr)
	}
}

// typedResponse has an INT32 output of typed contents.
func typedResponse(t *testing.T) *infer.Response {
	t.Helper()
	message := []byte{
		0x2a, 15, // an output
		0x0a, 1, 'y', 0x12, 5, 'I', 'N', 'T', '3', '2', // its name and datatype
		0x2a, 3, 0x12, 1, 9, // its contents
	}
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(message)})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
