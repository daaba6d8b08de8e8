package modelserver

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// grayPicture is a PNG of that size in one gray.
func grayPicture(tb testing.TB, width, height int, gray uint8) string {
	tb.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = gray
	}
	return encode(tb, img)
}

func encode(tb testing.TB, img image.Image) string {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// seen is a network that takes an image and a number, answers nothing of interest, and notes the image.
func seen(dataType string, dims []int64, note *[]string) *fakeFiles {
	return &fakeFiles{
		inputs:  []onnx.TensorInfo{info("image", dataType, dims...), info("n", "FP32", -1)},
		outputs: []onnx.TensorInfo{info("y", "FP32", -1)},
		compute: func(_ context.Context, inputs []onnx.Tensor, _ []string) ([]onnx.Tensor, error) {
			t := inputs[0]
			*note = append(*note, fmt.Sprintf("%s %s %v", t.Name, t.DataType, t.Shape))
			if t.DataType == "UINT8" {
				*note = append(*note, fmt.Sprintf("%d", t.Data))
			} else {
				*note = append(*note, fmt.Sprint(numbersOf(t)))
			}
			return []onnx.Tensor{{Name: "y", DataType: "FP32", Shape: inputs[1].Shape, Data: inputs[1].Data}}, nil
		},
	}
}

const pictureParameter = `
	parameters { key: "manifold_image_input" value { string_value: "image" } }
	input { name: "n" data_type: TYPE_FP32 dims: 1 reshape {} }
	output { name: "y" data_type: TYPE_FP32 dims: 1 reshape {} }
`

// withOrder puts the input of pictures before that of numbers.
func pictureConfig(maxBatch int, image string) string {
	if maxBatch == 0 {
		return `input { name: "image" ` + image + ` }` + strings.ReplaceAll(pictureParameter, "dims: 1 reshape {}", "dims: -1")
	}
	return fmt.Sprintf(`max_batch_size: %d input { name: "image" %s }`, maxBatch, image) + pictureParameter
}

func TestPictures(t *testing.T) {
	t.Parallel()
	bow := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	bow.Set(0, 0, color.NRGBA{1, 2, 3, 255})
	bow.Set(1, 0, color.NRGBA{4, 5, 6, 255})
	colours, gray, half := encode(t, bow), grayPicture(t, 4, 4, 9), grayPicture(t, 2, 1, 7)
	for _, c := range []struct {
		name     string
		maxBatch int
		declared string
		dims     []int64
		sent     infer.TensorData
		want     []string
	}{
		{
			"a batch", 4, "data_type: TYPE_FP32 dims: [3, 1, 2]",
			[]int64{-1, 3, 1, 2},
			texts("image", infer.Shape{2}, colours, gray),
			[]string{"image FP32 [2 3 1 2]", "[1 4 2 5 3 6 9 9 9 9 9 9]"},
		},
		{
			"channels last", 4, "data_type: TYPE_UINT8 dims: [1, 2, 3]  format: FORMAT_NHWC",
			[]int64{-1, 1, 2, 3},
			texts("image", infer.Shape{1, 1}, colours),
			[]string{"image UINT8 [1 1 2 3]", "[1 2 3 4 5 6]"},
		},
		{
			"rounded", 4, "data_type: TYPE_UINT8 dims: [3, 1, 1]",
			[]int64{-1, 3, 1, 1},
			texts("image", infer.Shape{1, 1, 1}, colours),
			[]string{"image UINT8 [1 3 1 1]", "[3 4 5]"}, // of 2.5, 3.5 and 4.5
		},
		{
			"base64", 4, "data_type: TYPE_UINT8 dims: [1, 1, 2]",
			[]int64{-1, 1, 1, 2},
			texts("image", infer.Shape{1, 1}, base64.StdEncoding.EncodeToString([]byte(half))),
			[]string{"image UINT8 [1 1 1 2]", "[7 7]"},
		},
		{
			"reshaped", 4, "data_type: TYPE_UINT8 dims: [1, 1, 2] reshape { shape: 2 }",
			[]int64{-1, 2},
			texts("image", infer.Shape{1}, half),
			[]string{"image UINT8 [1 2]", "[7 7]"},
		},
		{
			"no batch, a scalar", 0, "data_type: TYPE_UINT8 dims: [1, 1, 2]",
			[]int64{1, 1, 2},
			texts("image", nil, half),
			[]string{"image UINT8 [1 1 2]", "[7 7]"},
		},
		{
			"no batch, an axis of one", 0, "data_type: TYPE_UINT8 dims: [1, 1, 1, 2]",
			[]int64{1, 1, 1, 2},
			texts("image", infer.Shape{1}, half),
			[]string{"image UINT8 [1 1 1 2]", "[7 7]"},
		},
		{
			"no batch, an axis of any", 0, "data_type: TYPE_UINT8 dims: [-1, 1, 1, 2]",
			[]int64{-1, 1, 1, 2},
			texts("image", infer.Shape{2}, half, half),
			[]string{"image UINT8 [2 1 1 2]", "[7 7 7 7]"},
		},
		{
			"numbers as ever", 4, "data_type: TYPE_FP32 dims: [1, 1, 2]",
			[]int64{-1, 1, 1, 2},
			numbers32("image", infer.Shape{1, 1, 1, 2}, 0.5, -3),
			[]string{"image FP32 [1 1 1 2]", "[0.5 -3]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			dataType := "FP32"
			if strings.Contains(c.declared, "UINT8") {
				dataType = "UINT8"
			}
			m := openFake(t, pictureConfig(c.maxBatch, c.declared), seen(dataType, c.dims, &got), Options{})
			if _, err := ask(t, m, infer.Head{}, []infer.TensorData{c.sent, rowNumbers(c.maxBatch, c.sent.Shape)}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// rowNumbers is the other input, one number for each picture of shape.
func rowNumbers(maxBatch int, shape infer.Shape) infer.TensorData {
	n := int64(1)
	if len(shape) > 0 {
		n = shape[0]
	}
	if maxBatch == 0 {
		return numbers32("n", infer.Shape{n}, make([]float32, n)...)
	}
	return numbers32("n", infer.Shape{n, 1}, make([]float32, n)...)
}

func TestPictureFaults(t *testing.T) {
	t.Parallel()
	small, large := grayPicture(t, 4, 4, 1), grayPicture(t, 30, 20, 1)
	for _, c := range []struct {
		name     string
		maxBatch int
		declared string
		dims     []int64
		sent     infer.TensorData
		want     string
	}{
		{"no picture", 2, "", nil, texts("image", infer.Shape{2}, small, "dog"), `input "image": picture 1: 3 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one`},
		{"cut off", 2, "", nil, texts("image", infer.Shape{1}, small[:50]), `input "image": picture 0: PNG: invalid format: not enough pixel data`},
		{
			"too large", 2, "", nil, texts("image", infer.Shape{1}, large),
			`input "image": picture 0 of 30 x 20 pixels: a request may have 500 pixels in all; send smaller pictures, or fewer`,
		},
		{ // the 16 pixels of each file are blown up to 300
			"too large together", 2, "data_type: TYPE_UINT8 dims: [1, 30, 10]",
			[]int64{-1, 1, 30, 10},
			texts("image", infer.Shape{2}, small, small),
			`input "image": picture 1 of 4 x 4 pixels: a request may have 500 pixels in all; send smaller pictures, or fewer`,
		},
		{"too many", 2, "", nil, texts("image", infer.Shape{3}, small, small, small), `input "image" has a batch of 3, the most is 2; send the rows in several requests`},
		{"none", 2, "", nil, texts("image", infer.Shape{0}), `input "image" has shape [0,1,1,2]: it is empty; send at least one element`},
		{"in columns", 2, "", nil, texts("image", infer.Shape{1, 2}, small, small), `input "image" has shape [1,2]; pictures come as BYTES of shape [N] or [N,1]`},
		{
			"two where one fits", 0, "data_type: TYPE_UINT8 dims: [1, 1, 2]",
			[]int64{1, 1, 2},
			texts("image", infer.Shape{2}, small, small),
			`input "image" has 2 pictures; the model takes one at a time`,
		},
		{
			"two for an axis of one", 0, "data_type: TYPE_UINT8 dims: [1, 1, 1, 2]",
			[]int64{1, 1, 1, 2},
			texts("image", infer.Shape{2}, small, small),
			`input "image" has shape [2,1,1,2], expected [1,1,1,2]`,
		},
		{
			"another type", 2, "", nil,
			infer.TensorData{Name: "image", DataType: infer.Bool, Shape: infer.Shape{1}, Data: mem.SliceBuffer{1}},
			`input "image" is BOOL, the model takes UINT8, or BYTES that hold PNG or JPEG files`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.declared == "" {
				c.declared, c.dims = "data_type: TYPE_UINT8 dims: [1, 1, 2]", []int64{-1, 1, 1, 2}
			}
			var got []string
			m := openFake(t, pictureConfig(c.maxBatch, c.declared), seen("UINT8", c.dims, &got), Options{MaxPixels: 500})
			_, err := ask(t, m, infer.Head{}, []infer.TensorData{c.sent, rowNumbers(c.maxBatch, c.sent.Shape)})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff("model m: "+c.want, err.Error()); diff != "" || infer.CodeOf(err) != codes.InvalidArgument {
				t.Error(infer.CodeOf(err), diff)
			}
		})
	}
}

// A request whose client has gone is not decoded.
func TestPicturesCancelled(t *testing.T) {
	t.Parallel()
	s, err := newSignature(parse(t, pictureConfig(2, "data_type: TYPE_UINT8 dims: [1, 1, 2]")), "")
	if err != nil {
		t.Fatal(err)
	}
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{texts("image", infer.Shape{1}, grayPicture(t, 1, 1, 1))}, nil)
	defer req.Free()
	files, err := s.pictures.open(&req.Tensors()[0], 100)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.pictures.render(ctx, "image", infer.Uint8, files); infer.CodeOf(err) != codes.Canceled {
		t.Errorf("got error %v", err)
	}
}
