package modelserver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/picture"
)

func TestSignatureFaults(t *testing.T) {
	t.Parallel()
	folder := files{"two.txt": "cat\ndog\n", "latin1.txt": "caf\xe9\n"}.write(t)
	labelParameter := `parameters { key: "manifold_label_output" value { string_value: "p" } } `
	imageParameter := `parameters { key: "manifold_image_input" value { string_value: "x" } } `
	noImage := func(dims, name string) string {
		return "manifold_image_input: dims " + dims + ` of input "` + name + `" are no image: give channels (1 or 3), height and width ` +
			"as fixed sizes, or height, width and channels, and with both orders possible a format"
	}
	for _, c := range []struct{ name, text, want string }{
		{"no datatype", `input { name: "x" dims: 1 }`, `input "x": data_type TYPE_INVALID: give one of TYPE_BOOL, TYPE_FP32, …`},
		{"unknown datatype", `input { name: "x" data_type: 99 dims: 1 }`, `input "x": data_type 99: give one of TYPE_BOOL, TYPE_FP32, …`},
		{
			"strings", `input { name: "x" data_type: TYPE_STRING dims: 1 }`,
			`input "x": data_type TYPE_STRING: the embedded runtime computes with numbers; ` + elsewhere,
		},
		{"no dims", `input { name: "x" data_type: TYPE_FP32 }`, `input "x": it has no dims; a single value has dims [1] and an empty reshape`},
		{"zero", `input { name: "x" data_type: TYPE_FP32 dims: [2, 0] }`, `input "x": dims [2,0]: a dimension is a size or -1`},
		{"negative", `output { name: "y" data_type: TYPE_FP32 dims: -2 }`, `output "y": dims [-2]: a dimension is a size or -1`},
		{
			"overflow", `input { name: "x" data_type: TYPE_FP32 dims: [4294967296, 4294967296] }`,
			`input "x": dims [4294967296,4294967296] multiply to more than any memory holds`,
		},
		{
			"many dims", `input { name: "x" data_type: TYPE_FP32 dims: [` + strings.Repeat("1,", 31) + `1] }`,
			`input "x": it has 32 dims; the most are 31`,
		},
		{
			"reshape of other size", `input { name: "x" data_type: TYPE_FP32 dims: [2, 3] reshape { shape: 5 } }`,
			`input "x": reshape [5] does not have as many elements as dims [2,3]`,
		},
		{
			"reshape of other variables", `input { name: "x" data_type: TYPE_FP32 dims: [2, -1] reshape { shape: [-1, -1] } }`,
			`input "x": reshape [-1,-1] does not have as many elements as dims [2,-1]`,
		},
		{
			"twice, and all at once", `input { name: "x" data_type: TYPE_FP32 dims: 1 } input { name: "x" data_type: TYPE_FP32 } output { name: "y" dims: 1 }`,
			`input "x": it has no dims; a single value has dims [1] and an empty reshape` + "\n" +
				`output "y": data_type TYPE_INVALID: give one of TYPE_BOOL, TYPE_FP32, …` + "\n" + `input "x" is declared twice`,
		},
		{
			"label file outside", `output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "../l" }`,
			`output "y": label_filename: "../l" is not inside the model's folder`,
		},
		{
			"label file of another encoding", `output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "latin1.txt" }`,
			`output "y": label_filename: latin1.txt is not UTF-8`,
		},
		{"labels without file", labelParameter + `output { name: "y" data_type: TYPE_FP32 dims: 2 }`, "manifold_label_output: no output has a label_filename"},
		{
			"labels of two", labelParameter + `output { name: "y" data_type: TYPE_FP32 dims: 2 label_filename: "two.txt" }
				output { name: "z" data_type: TYPE_FP32 dims: 2 label_filename: "two.txt" }`,
			`manifold_label_output: outputs "y" and "z" both have labels; leave label_filename on one`,
		},
		{
			"labels under a name that is taken", labelParameter + `output { name: "p" data_type: TYPE_FP32 dims: 2 label_filename: "two.txt" }`,
			`manifold_label_output "p" is the name of an output of the model; choose another`,
		},
		{
			"labels of another number", labelParameter + `output { name: "y" data_type: TYPE_FP32 dims: 3 label_filename: "two.txt" }`,
			`manifold_label_output: output "y" has 2 labels for dims [3]; give each element one`,
		},
		{
			"labels of a variable number", labelParameter + `output { name: "y" data_type: TYPE_FP32 dims: -1 label_filename: "two.txt" }`,
			`manifold_label_output: output "y" has 2 labels for dims [-1]; give each element one`,
		},
		{
			"labels of booleans", labelParameter + `output { name: "y" data_type: TYPE_BOOL dims: 2 label_filename: "two.txt" }`,
			`manifold_label_output: output "y" is BOOL, which has no order`,
		},
		{"pictures for no input", imageParameter, `manifold_image_input: there is no input "x"`},
		{
			"pictures of another type", imageParameter + `input { name: "x" data_type: TYPE_FP64 dims: [3, 2, 2] }`,
			`manifold_image_input: input "x" is FP64; pictures become FP32 or UINT8`,
		},
		{"pictures without channels", imageParameter + `input { name: "x" data_type: TYPE_FP32 dims: [32, 32] }`, noImage("[32,32]", "x")},
		{"pictures of open size", imageParameter + `input { name: "x" data_type: TYPE_FP32 dims: [3, -1, -1] }`, noImage("[3,-1,-1]", "x")},
		{"pictures of two channels", imageParameter + `input { name: "x" data_type: TYPE_FP32 dims: [2, 8, 8] }`, noImage("[2,8,8]", "x")},
		{
			"pictures of the other format", imageParameter + `input { name: "x" data_type: TYPE_FP32 dims: [3, 8, 8] format: FORMAT_NHWC }`,
			noImage("[3,8,8]", "x"),
		},
		{
			"a batch where there is one", imageParameter + `max_batch_size: 1 input { name: "x" data_type: TYPE_FP32 dims: [1, 3, 8, 8] }`,
			noImage("[1,3,8,8]", "x"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := newSignature(parse(t, c.text), folder)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	first := func(c, h, w int) picture.Frame {
		return picture.Frame{Channels: c, Height: h, Width: w, ChannelsFirst: true}
	}
	last := func(h, w, c int) picture.Frame { return picture.Frame{Channels: c, Height: h, Width: w} }
	for _, c := range []struct {
		text  string
		frame picture.Frame
		count int64
	}{
		{"dims: [3, 4, 5]", first(3, 4, 5), 0},
		{"dims: [1, 4, 5]", first(1, 4, 5), 0},
		{"dims: [4, 5, 3]", last(4, 5, 3), 0},
		{"dims: [3, 5, 3]", first(3, 5, 3), 0}, // both orders fit
		{"dims: [3, 5, 3] format: FORMAT_NHWC", last(3, 5, 3), 0},
		{"dims: [3, 5, 3] format: FORMAT_NCHW", first(3, 5, 3), 0},
		{"dims: [1, 3, 4, 5]", first(3, 4, 5), 1},
		{"dims: [-1, 4, 5, 1]", last(4, 5, 1), -1},
	} {
		s, err := newSignature(parse(t, `parameters { key: "manifold_image_input" value { string_value: "x" } }
			input { name: "x" data_type: TYPE_UINT8 `+c.text+" }"), "")
		if err != nil {
			t.Error(err)
			continue
		}
		if s.pictures.frame != c.frame || s.pictures.count != c.count {
			t.Errorf("%s: got %+v, %d", c.text, s.pictures.frame, s.pictures.count)
		}
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	m := openFake(t, labelsConfig, scores(nil), Options{})
	got, err := m.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &infer.Metadata{
		Name: "m", Versions: []string{"1"}, Platform: "onnxruntime_onnx",
		Inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.FP32, Shape: infer.Shape{-1, 2}}},
		Outputs: []infer.TensorMetadata{
			{Name: "predictions", DataType: infer.Bytes, Shape: infer.Shape{-1}},
			{Name: "scores", DataType: infer.FP32, Shape: infer.Shape{-1, 3}},
			{Name: "flags", DataType: infer.Bool, Shape: infer.Shape{-1, 2}},
		},
		Properties: map[string]string{"manifold_label_output": "predictions"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadLabels(t *testing.T) {
	t.Parallel()
	folder := files{"a": "cat\r\ndog\r\n", "b": "cat\n\ndog", "c": ""}.write(t)
	for name, want := range map[string][]string{"a": {"cat", "dog"}, "b": {"cat", "", "dog"}, "c": nil, "": nil} {
		got, err := readLabels(folder, name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", name, err, diff)
		}
	}
}
