package tensorjson_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// TestR01_MixedInputs: binary and JSON inputs in one request; binary data go by the order of the inputs and are not copied.
func TestR01_MixedInputs(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	big := bytes.Repeat([]byte{0, 0, 0xc0, 0x7f}, 2000) // NaN
	text := infer.RawStrings("", "\xff\x00", "née")
	tail := pool.Split(bytes.Join([][]byte{big, text, {1, 2}}, nil), 1<<20)[0]
	header := fmt.Sprintf(`{"parameters":{"binary_data_output":true,"k":1},"inputs":[
		{"name":"nan","shape":[2000],"datatype":"FP32","parameters":{"binary_data_size":%d,"mine":"kept"}},
		{"name":"json","shape":[2],"datatype":"INT8","data":[3,4]},
		{"parameters":{"binary_data_size":%d},"name":"text","datatype":"BYTES","shape":[3]},
		{"name":"none","shape":[0,9],"datatype":"FP64","parameters":{"binary_data_size":0}},
		{"name":"half","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}}]}`, len(big), len(text))
	req, form, err := tensorjson.DecodeFramed([]byte(header), tail, tensorjson.Options{ModelName: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer req.Free()
	first := &tail.ReadOnlyData()[0]
	tail.Free() // the request has references of its own
	if err := req.Validate(); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]byte{big, {3, 4}, text, nil, {1, 2}} {
		if got, err := req.Tensors()[i].Bytes(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("tensor %d is %x, %v; want %x", i, got, err, want)
		}
	}
	if got, _ := req.Tensors()[0].Bytes(); &got[0] != first {
		t.Error("the data were copied")
	}
	if p, _ := req.Tensors()[0].Parameters(); len(p) != 1 || p[0].Key != "mine" {
		t.Errorf("parameters of the first input: %v", p)
	}
	if p, _ := req.Parameters(); len(p) != 1 || p[0].Key != "k" {
		t.Errorf("parameters: %v", p)
	}
	if !form.Binary("any") {
		t.Error("binary_data_output is lost")
	}
}

func TestR01_BinaryDataThatDoNotFit(t *testing.T) {
	t.Parallel()
	binary := func(shape, datatype, size string) string {
		return one(`"shape":` + shape + `,"datatype":"` + datatype + `","parameters":{"binary_data_size":` + size + `}`)
	}
	for _, tt := range []struct {
		name, header string
		tail         int
		want         string
	}{
		{"too few", binary("[2]", "INT32", "8"), 7, `input "x": binary_data_size announces 8 bytes, but 7 are left behind the JSON`},
		{"none", binary("[2]", "INT32", "8"), 0, `input "x": binary_data_size announces 8 bytes, but 0 are left`},
		{"left over", binary("[2]", "INT32", "8"), 9, `unexpected additional input data: 1 bytes behind those of input "x"`},
		{"nobody's", one(`"shape":[1],"datatype":"INT8","data":[1]`), 3, `unexpected additional input data: 3 bytes behind the JSON`},
		{"size is not the shape's", binary("[3]", "INT32", "8"), 8, `input "x": 8 bytes of binary data for shape [3], whose 3 elements of INT32`},
		{"size is no multiple", binary("[1]", "INT32", "5"), 5, `input "x": 5 bytes of binary data`},
		{"BYTES too short", binary("[3]", "BYTES", "8"), 8, `input "x": 8 bytes of binary data for shape [3], whose 3 elements of BYTES`},
		{"both forms", one(`"shape":[1],"datatype":"INT8","data":[1],"parameters":{"binary_data_size":1}`), 1, `input "x": it has data and a binary_data_size`},
		{"negative", binary("[1]", "INT8", "-1"), 1, `input "x": binary_data_size is not a whole number`},
		{"fraction", binary("[1]", "INT8", "1.0"), 1, `input "x": binary_data_size is not a whole number`},
		{"text", binary("[1]", "INT8", `"1"`), 1, `input "x": binary_data_size is not a whole number`},
		{"beyond int64", binary("[1]", "INT8", "18446744073709551615"), 1, `input "x": binary_data_size is not a whole number`},
		{"huge", binary("[9223372036854775807]", "INT8", "9223372036854775807"), 1, `announces 9223372036854775807 bytes`},
		{"shape wraps", binary("[4611686018427387904,4]", "INT8", "1"), 1, `input "x": shape`},
		{"flag is no flag", `{"inputs":[],"parameters":{"binary_data_output":1}}`, 0, "binary_data_output is not true or false"},
		{"output flag is no flag", `{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]}`, 0, `requested output "y": binary_data is not true or false`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, _, err := tensorjson.DecodeFramed([]byte(tt.header), mem.SliceBuffer(make([]byte, tt.tail)), tensorjson.Options{ModelName: "m"})
			if req != nil || infer.CodeOf(err) != codes.InvalidArgument || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want INVALID_ARGUMENT with %s", err, tt.want)
			}
		})
	}
}

// TestOutputForm: an output's own binary_data wins; listed without one it comes in JSON, whatever holds for all.
func TestOutputForm(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{true, false} {
		body := fmt.Sprintf(`{"outputs":[{"name":"yes","parameters":{"binary_data":true,"classification":2}},{"name":"no","parameters":{"binary_data":false}},{"name":"unsaid"}],
			"inputs":[],"parameters":{"binary_data_output":%v}}`, all)
		req, form, err := tensorjson.DecodeFramed([]byte(body), nil, tensorjson.Options{ModelName: "m"})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"yes": true, "no": false, "unsaid": false, "unlisted": all} {
			if form.Binary(name) != want {
				t.Errorf("binary_data_output %v: %s is binary: %v", all, name, !want)
			}
		}
		outputs, err := req.Outputs()
		if err != nil || len(outputs) != 3 || len(outputs[0].Parameters) != 1 || outputs[0].Parameters[0].Key != "classification" || len(outputs[1].Parameters) != 0 {
			t.Errorf("requested outputs are %v, %v", outputs, err)
		}
		if p, err := req.Parameters(); err != nil || len(p) != 0 {
			t.Errorf("parameters are %v, %v", p, err)
		}
		req.Free()
	}
}

// TestR03_Outputs: a size only on binary outputs, data in their order, no other parameters of outputs, nothing copied.
func TestR03_Outputs(t *testing.T) {
	t.Parallel()
	nan := bytes.Repeat([]byte{1, 0, 0x80, 0x7f}, 500) // a signalling NaN with a payload
	resp := infer.NewResponse(infer.Head{ModelName: "m", ModelVersion: "1", ID: "7"}, []infer.TensorData{
		{Name: "nan", DataType: infer.FP32, Shape: infer.Shape{500}, Data: mem.SliceBuffer(nan), Parameters: infer.Parameters{{Key: "content_type", Value: "np"}}},
		{Name: "json", DataType: infer.Int8, Shape: infer.Shape{2}, Data: mem.SliceBuffer{1, 2}, Parameters: infer.Parameters{{Key: "content_type", Value: "np"}}},
		{Name: "empty", DataType: infer.FP64, Shape: infer.Shape{0}, Data: mem.SliceBuffer(nil)},
		{Name: "half", DataType: infer.BF16, Shape: infer.Shape{1}, Data: mem.SliceBuffer{3, 4}},
	})
	defer resp.Free()
	form := tensorjson.OutputForm{AllBinary: true, Listed: map[string]bool{"json": false}}
	got, err := tensorjson.EncodeFramed(resp, form, tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"7","model_name":"m","model_version":"1","outputs":[` +
		`{"name":"nan","datatype":"FP32","shape":[500],"parameters":{"binary_data_size":2000}},` +
		`{"name":"json","datatype":"INT8","shape":[2],"data":[1,2]},` +
		`{"name":"empty","datatype":"FP64","shape":[0],"parameters":{"binary_data_size":0}},` +
		`{"name":"half","datatype":"BF16","shape":[1],"parameters":{"binary_data_size":2}}]}`
	if string(got.JSON) != want {
		t.Errorf("JSON is\n%s, want\n%s", got.JSON, want)
	}
	if tail := bytes.Join(got.Binary, nil); !bytes.Equal(tail, append(bytes.Clone(nan), 3, 4)) || got.Len() != len(want)+len(tail) {
		t.Errorf("%d bytes follow, of %d", len(tail), got.Len())
	}
	if &got.Binary[0][0] != &nan[0] {
		t.Error("the data were copied")
	}
}

// TestR03_OutputsThatLie: what does not fit its shape is the server's fault, in this form too.
func TestR03_OutputsThatLie(t *testing.T) {
	t.Parallel()
	for _, data := range []infer.TensorData{
		{Name: "y", DataType: infer.FP32, Shape: infer.Shape{2}, Data: mem.SliceBuffer{1, 2, 3, 4}},
		{Name: "y", DataType: infer.FP32, Shape: infer.Shape{math.MaxInt64, 4}, Data: mem.SliceBuffer{1, 2, 3, 4}},
		{Name: "y", DataType: infer.Bytes, Shape: infer.Shape{-1}, Data: mem.SliceBuffer{0, 0, 0, 0}},
		{Name: "y", DataType: "FP8", Shape: infer.Shape{1}, Data: mem.SliceBuffer{1}},
	} {
		resp := infer.NewResponse(infer.Head{}, []infer.TensorData{data})
		_, err := tensorjson.EncodeFramed(resp, tensorjson.OutputForm{AllBinary: true}, tensorjson.Options{})
		if infer.CodeOf(err) != codes.Internal || !strings.Contains(err.Error(), `output "y"`) {
			t.Errorf("%v; want INTERNAL that names the output", err)
		}
		resp.Free()
	}
}

// FuzzBinaryFraming: no panic, nothing beyond the body, and what is accepted comes back in binary form bit by bit.
func FuzzBinaryFraming(f *testing.F) {
	f.Add([]byte(one(`"shape":[2],"datatype":"INT8","parameters":{"binary_data_size":2}`)+"\x01\x02"), 72)
	f.Add([]byte(one(`"shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":4}`)+"\x00\x00\x00\x00"), 73)
	f.Add([]byte(`{"inputs":[{"name":"a","shape":[],"datatype":"BOOL","data":true},{"name":"b","shape":[0],"datatype":"FP16","parameters":{"binary_data_size":0}}]}`), 20)
	f.Add([]byte(`{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":true}}],"parameters":{"binary_data_output":true}}`), 113)
	f.Fuzz(func(t *testing.T, body []byte, header int) {
		if header < 0 || header > len(body) {
			return
		}
		tail := mem.SliceBuffer(body[header:])
		req, _, err := tensorjson.DecodeFramed(body[:header], tail, tensorjson.Options{ModelName: "m"})
		if err != nil {
			return
		}
		defer req.Free()
		if req.Validate() != nil {
			return // BYTES that do not hold what their shape says
		}
		var outputs []infer.TensorData
		var want []byte
		for i := range req.Tensors() {
			in := &req.Tensors()[i]
			data, err := in.AppendTo(nil)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, data...)
			outputs = append(outputs, infer.TensorData{Name: in.Name, DataType: in.DataType, Shape: in.Shape, Data: mem.SliceBuffer(data)})
		}
		resp := infer.NewResponse(infer.Head{}, outputs)
		defer resp.Free()
		framed, err := tensorjson.EncodeFramed(resp, tensorjson.OutputForm{AllBinary: true}, tensorjson.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Join(framed.Binary, nil); !bytes.Equal(got, want) {
			t.Fatalf("%x came back as %x", want, got)
		}
		again := bytes.Replace(framed.JSON, []byte(`"outputs":[`), []byte(`"inputs":[`), 1)
		back, _, err := tensorjson.DecodeFramed(again, mem.SliceBuffer(want), tensorjson.Options{ModelName: "m"})
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		back.Free()
	})
}
