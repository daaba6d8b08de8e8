package v1json_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// elementsOf draws n elements of d in raw form.
func elementsOf(t *rapid.T, d infer.DataType, n int) []byte {
	switch d {
	case infer.Bytes:
		return infer.RawStrings(rapid.SliceOfN(rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 5), func(b []byte) string { return string(b) }), n, n).Draw(t, "texts")...)
	case infer.Bool:
		return infer.RawOf(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "bools")...)
	case infer.FP32:
		return infer.RawOf(rapid.SliceOfN(rapid.Map(rapid.Uint32(), math.Float32frombits), n, n).Draw(t, "singles")...)
	case infer.FP64:
		return infer.RawOf(rapid.SliceOfN(rapid.Map(rapid.Uint64(), math.Float64frombits), n, n).Draw(t, "doubles")...)
	default: // any bytes are integers
	}
	return rapid.SliceOfN(rapid.Byte(), n*d.Size(), n*d.Size()).Draw(t, "bytes")
}

// message draws inputs, and the metadata that describe them.
func message(t *rapid.T) ([]infer.TensorData, *infer.Metadata) {
	datatypes := []infer.DataType{
		infer.Bool, infer.Uint8, infer.Uint16, infer.Uint32, infer.Uint64, infer.Int8, infer.Int16, infer.Int32, infer.Int64, infer.FP32, infer.FP64, infer.Bytes,
	}
	m := &infer.Metadata{Name: "m"}
	var inputs []infer.TensorData
	rows := rapid.Int64Range(1, 3).Draw(t, "rows")
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d"é]{1,2}(_bytes)?`), 1, 3, rapid.ID).Draw(t, "names") {
		shape := append([]int64{rows}, rapid.SliceOfN(rapid.Int64Range(1, 3), 0, 3).Draw(t, "shape")...)
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			shape = shape[1:] // columns then
		}
		n, _ := infer.Shape(shape).Elements()
		d := rapid.SampledFrom(datatypes).Draw(t, "datatype")
		inputs = append(inputs, tensor(name, d, elementsOf(t, d, n), shape...))
		pattern := append(infer.Shape{}, shape...)
		if len(pattern) > 0 {
			pattern[0] = -1
		}
		m.Inputs = append(m.Inputs, infer.TensorMetadata{Name: name, DataType: d, Shape: pattern})
	}
	return inputs, m
}

// What is sent as OIP's own JSON and what goes through a V1 body is the same request.
func TestV1RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		inputs, m := message(r)
		req := infer.NewRequest(infer.Head{ModelName: "m"}, inputs, nil)
		defer req.Free()
		body, err := v1json.AppendRequest(nil, req)
		if err != nil {
			r.Fatal(err)
		}
		back, _, err := v1json.DecodeRequest(body, infer.Head{ModelName: "m"}, m)
		if err != nil {
			r.Fatalf("%s: %v", body, err)
		}
		defer back.Free()
		if want, got := oip(t, req), oip(t, back); got != want {
			r.Fatalf("%s\n%s\nwant %s", body, got, want)
		}
	})
}

// What DecodeResponse makes of an answer writes the same answer again.
func FuzzV1Response(f *testing.F) {
	for _, seed := range []string{
		`{"predictions":[1,2]}`, `{"predictions":[{"a":[1.5,2],"b":"x"}]}`, `{"outputs":{"a":[[true]],"b":{"b64":"/w=="}}}`,
		`{"outputs":[[],[]]}`, `{"predictions":[18446744073709551615,-1]}`, `{"predictions":[NaN,1e400]}`, `{"predictions":[[[]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		resp, err := v1json.DecodeResponse(body, infer.Head{ModelName: "m"})
		if err != nil {
			return
		}
		defer resp.Free()
		if err := resp.Validate(); err != nil && len(resp.Tensors()) > 0 && resp.Tensors()[0].Name != "" {
			for i := range resp.Tensors() {
				if resp.Tensors()[i].Name == "" {
					return // a name may be empty in an object
				}
			}
			t.Fatal(err)
		}
		if _, err := v1json.AppendResponse(nil, resp, v1json.Columns); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzV1Request(f *testing.F) {
	const inputs = "a:FP32[-1,2] b:BYTES[-1] c:INT64[-1] d:BOOL[-1]"
	for _, seed := range []string{
		`{"instances":[{"a":[1,2],"b":"x","c":1,"d":true}]}`, `{"inputs":{"a":[[1,2]],"b":[{"b64":"aGk="}],"c":[1],"d":[false]}}`,
		`{"instances":[[1,2],[3]]}`, `{"inputs":[[1,2]]}`, `{"instances":[]}`, `{"parameters":{"a":1},"inputs":5}`, `{"instances":[{"b64":"aGk="}]}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, one bool) {
		m := model(t, inputs)
		if one {
			m.Inputs = m.Inputs[:1]
		}
		req, form, err := v1json.DecodeRequest(body, infer.Head{ModelName: "m"}, m)
		if err != nil {
			return
		}
		defer req.Free()
		if err := req.Validate(); err != nil {
			t.Fatal(err)
		}
		if n := len(req.Tensors()); n == 0 || n == 1 && len(m.Inputs) > 1 { // one is written without its name
			return
		}
		for _, tensor := range req.Tensors() {
			if !slices.ContainsFunc(m.Inputs, func(in infer.TensorMetadata) bool { return in.Name == tensor.Name && in.DataType == tensor.DataType }) {
				return // bytes in place of numbers are told by their b64, which texts are written without
			}
		}
		again, err := v1json.AppendRequest(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := v1json.DecodeRequest(again, infer.Head{ModelName: "m"}, m)
		if err != nil {
			t.Fatalf("%d %s: %v", form, again, err)
		}
		defer back.Free()
		text := func(r *infer.Request) string {
			b, err := tensorjson.AppendRequest(nil, r, tensorjson.Options{Base64Bytes: true})
			if err != nil {
				t.Fatal(err)
			}
			return string(b[len(b)-min(len(b), 1<<20):])
		}
		req2 := req.Edit(infer.Edit{DropParameter: func(string) bool { return true }})
		defer req2.Free()
		if text(req2) != text(back) {
			t.Fatalf("%s\n%s", text(req2), text(back))
		}
	})
}
