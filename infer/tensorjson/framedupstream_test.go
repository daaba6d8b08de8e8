package tensorjson_test

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// What EncodeFramedRequest writes is what the gateway's own edge reads.
func TestFramedRequest(t *testing.T) {
	t.Parallel()
	req := infer.NewRequest(infer.Head{ModelName: "m", ID: "1", Parameters: infer.Parameters{{Key: "p", Value: int64(1)}}}, []infer.TensorData{
		{Name: "x", DataType: infer.FP16, Shape: infer.Shape{2}, Data: mem.SliceBuffer([]byte{1, 2, 3, 4}), Parameters: infer.Parameters{{Key: "q", Value: "z"}}},
		{Name: "s", DataType: infer.Bytes, Shape: infer.Shape{1}, Data: mem.SliceBuffer(infer.RawStrings("\xff"))},
	}, []infer.RequestedOutput{{Name: "y", Parameters: infer.Parameters{{Key: "classification", Value: int64(2)}}}})
	defer req.Free()
	f, err := tensorjson.EncodeFramedRequest(req)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"1","parameters":{"p":1,"binary_data_output":true},"inputs":[` +
		`{"name":"x","datatype":"FP16","shape":[2],"parameters":{"q":"z","binary_data_size":4}},` +
		`{"name":"s","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":5}}],` +
		`"outputs":[{"name":"y","parameters":{"classification":2,"binary_data":true}}]}`
	if string(f.JSON) != want {
		t.Errorf("%s\nwant %s", f.JSON, want)
	}
	back, form, err := tensorjson.DecodeFramed(f.JSON, mem.SliceBuffer(bytes.Join(f.Binary, nil)), tensorjson.Options{ModelName: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if data, err := back.Tensors()[0].Bytes(); err != nil || !bytes.Equal(data, []byte{1, 2, 3, 4}) || !form.Binary("y") || !form.AllBinary {
		t.Errorf("%v %v %+v", data, err, form)
	}
}

func TestFramedResponse(t *testing.T) {
	t.Parallel()
	data := mem.SliceBuffer([]byte{1, 0, 2, 0})
	resp, err := tensorjson.DecodeFramedResponse([]byte(`{"model_name":"m","model_version":null,"parameters":null,"outputs":[`+
		`{"name":"a","datatype":"FP16","shape":[2],"parameters":{"binary_data_size":4}},{"name":"b","datatype":"INT8","shape":[1],"data":[5]}]}`), data)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Free()
	if err := resp.Validate(); err != nil {
		t.Error(err)
	}
	if raw, err := resp.Tensors()[0].Bytes(); err != nil || !bytes.Equal(raw, data) {
		t.Errorf("%v %v", raw, err)
	}
	for _, header := range []string{
		`{"outputs":[{"name":"a","datatype":"FP16","shape":[2],"parameters":{"binary_data_size":5}}]}`,
		`{"outputs":[{"name":"a","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}}]}`,
	} {
		if _, err := tensorjson.DecodeFramedResponse([]byte(header), data); infer.CodeOf(err) != codes.Internal {
			t.Errorf("%s: %v", header, err)
		}
	}
}
