package tensorjson_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// jsonTypes are the datatypes that have a JSON form.
func jsonTypes() []infer.DataType {
	var types []infer.DataType
	for _, d := range infer.DataTypes() {
		if d != infer.FP16 && d != infer.BF16 {
			types = append(types, d)
		}
	}
	return types
}

// drawTensor makes a tensor of any datatype and shape; floats are not NaN, whose bits JSON does not keep.
func drawTensor(t *rapid.T, name string) infer.TensorData {
	d := rapid.SampledFrom(jsonTypes()).Draw(t, "datatype")
	shape := infer.Shape(rapid.SliceOfN(rapid.Int64Range(0, 4), 0, 4).Draw(t, "shape"))
	n, _ := shape.Elements()
	if d == infer.Bytes {
		return raw(name, d, shape, infer.RawStrings(rapid.SliceOfN(rapid.String(), n, n).Draw(t, "strings")...))
	}
	data := rapid.SliceOfN(rapid.Byte(), n*d.Size(), n*d.Size()).Draw(t, "data")
	for i := 0; i < len(data); i += d.Size() {
		element := data[i : i+d.Size()]
		switch {
		case d == infer.Bool:
			element[0] &= 1
		case d == infer.FP32 && element[3]&0x7f == 0x7f && element[2]&0x80 != 0, d == infer.FP64 && element[7]&0x7f == 0x7f && element[6]&0xf0 == 0xf0:
			clear(element)
		}
	}
	return raw(name, d, shape, data)
}

func drawParameters(t *rapid.T) infer.Parameters {
	var all infer.Parameters
	for _, key := range rapid.SliceOfNDistinct(rapid.String(), 0, 4, rapid.ID[string]).Draw(t, "keys") {
		values := []*rapid.Generator[any]{
			rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(),
			rapid.Uint64Min(math.MaxInt64 + 1).AsAny(),
		}
		all = append(all, infer.Parameter{Key: key, Value: rapid.OneOf(values...).Draw(t, "value")})
	}
	return all
}

func drawRequest(t *rapid.T) *infer.Request {
	var inputs []infer.TensorData
	for _, name := range rapid.SliceOfNDistinct(rapid.StringN(1, 8, -1), 0, 3, rapid.ID[string]).Draw(t, "names") {
		in := drawTensor(t, name)
		in.Parameters = drawParameters(t)
		inputs = append(inputs, in)
	}
	var outputs []infer.RequestedOutput
	for _, name := range rapid.SliceOfNDistinct(rapid.StringN(1, 8, -1), 0, 3, rapid.ID[string]).Draw(t, "outputs") {
		outputs = append(outputs, infer.RequestedOutput{Name: name, Parameters: drawParameters(t)})
	}
	return infer.NewRequest(infer.Head{ID: rapid.String().Draw(t, "id"), Parameters: drawParameters(t)}, inputs, outputs)
}

func TestRequestsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		defer req.Free()
		body, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := tensorjson.DecodeRequest(body, tensorjson.Options{})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		defer back.Free()
		if want, got := req.Marshal().Materialize(), back.Marshal().Materialize(); !bytes.Equal(want, got) {
			t.Fatalf("%s\nsent %x\ngot  %x", body, want, got)
		}
	})
}

// values are the elements of a JSON array as encoding/json reads them, for the datatype d.
func values(t *rapid.T, d infer.DataType, data []json.RawMessage) []byte {
	var all []byte
	for _, text := range data {
		var element []byte
		var err error
		switch d {
		case infer.Bool:
			element, err = reference[bool](text)
		case infer.Uint8:
			element, err = reference[uint8](text)
		case infer.Uint16:
			element, err = reference[uint16](text)
		case infer.Uint32:
			element, err = reference[uint32](text)
		case infer.Uint64:
			element, err = reference[uint64](text)
		case infer.Int8:
			element, err = reference[int8](text)
		case infer.Int16:
			element, err = reference[int16](text)
		case infer.Int32:
			element, err = reference[int32](text)
		case infer.Int64:
			element, err = reference[int64](text)
		case infer.FP32:
			element, err = reference[float32](text)
		case infer.FP64:
			element, err = reference[float64](text)
		default:
			var s string
			err = json.Unmarshal(text, &s)
			element = infer.RawStrings(s)
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, element...)
	}
	return all
}

func reference[T infer.Element](text []byte) ([]byte, error) {
	var v T
	err := json.Unmarshal(text, &v)
	return infer.RawOf(v), err
}

func TestResponsesReadInEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		out := drawTensor(t, "y")
		want := bytes.Clone(out.Data.ReadOnlyData())
		resp := infer.NewResponse(infer.Head{}, []infer.TensorData{out})
		defer resp.Free()
		body, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if out.DataType == infer.FP32 || out.DataType == infer.FP64 {
			body = bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("-Infinity"), []byte("0")), []byte("Infinity"), []byte("0"))
			want = withoutInfinities(out.DataType, want)
		}
		var doc struct {
			Outputs []struct {
				Shape []int64
				Data  []json.RawMessage
			}
		}
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if got := values(t, out.DataType, doc.Outputs[0].Data); !bytes.Equal(got, want) {
			t.Fatalf("%s\ngot  %x\nwant %x", body, got, want)
		}
	})
}

func withoutInfinities(d infer.DataType, data []byte) []byte {
	for i := 0; i < len(data); i += d.Size() {
		element := data[i : i+d.Size()]
		if d == infer.FP32 && element[3]&0x7f == 0x7f && element[2]&0x80 != 0 || d == infer.FP64 && element[7]&0x7f == 0x7f && element[6]&0xf0 == 0xf0 {
			clear(element)
		}
	}
	return data
}

// drawNumber makes the text of a number in any form that JSON has, and some that it has not.
func drawNumber(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][-+]?[0-9]{1,3})?`),
		rapid.StringMatching(`-?[0-9]{0,3}\.?[0-9]{0,3}[eE]?[-+]?[0-9]?`),
		rapid.Map(rapid.Int64(), func(v int64) string { return strconv.FormatInt(v, 10) }),
		rapid.Map(rapid.Uint64(), func(v uint64) string { return strconv.FormatUint(v, 10) }),
		rapid.Map(rapid.Int16(), func(v int16) string { return strconv.FormatInt(int64(v), 10) }),
		rapid.SampledFrom([]string{"true", "false", `"a"`, "null", "{}", "", "-0", "1e400"}),
	).Draw(t, "number")
}

// The one wish that encoding/json does not grant: it reads null as zero.
func TestElementsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(jsonTypes()).Draw(t, "datatype")
		text := drawNumber(t)
		got, err := readElement(d, text)
		want, wantErr := referenceElement(d, text)
		if text == "null" || text == "" {
			wantErr = strconv.ErrSyntax
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%s %s: got %x %v, want %x %v", d, text, got, err, want, wantErr)
		}
	})
}

func readElement(d infer.DataType, text string) ([]byte, error) {
	req, err := tensorjson.DecodeRequest([]byte(of(string(d), text)), tensorjson.Options{})
	if err != nil {
		return nil, err
	}
	defer req.Free()
	data, err := req.Tensors()[0].Bytes()
	return bytes.Clone(data), err
}

func referenceElement(d infer.DataType, text string) ([]byte, error) {
	readers := map[infer.DataType]func([]byte) ([]byte, error){
		infer.Bool: reference[bool], infer.Uint8: reference[uint8], infer.Uint16: reference[uint16], infer.Uint32: reference[uint32],
		infer.Uint64: reference[uint64], infer.Int8: reference[int8], infer.Int16: reference[int16], infer.Int32: reference[int32],
		infer.Int64: reference[int64], infer.FP32: reference[float32], infer.FP64: reference[float64],
	}
	if read, ok := readers[d]; ok {
		if unsigned := strings.HasPrefix(string(d), "UINT"); unsigned && text == "-0" {
			text = "0" // Triton takes it
		}
		return read([]byte(text))
	}
	var s string
	err := json.Unmarshal([]byte(text), &s)
	return infer.RawStrings(s), err
}

// drawValue makes any JSON value.
func drawValue(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Float64().Draw(t, "float")
	case 3:
		return rapid.Int64().Draw(t, "int")
	case 4:
		return rapid.String().Draw(t, "string")
	case 5:
		all := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range all {
			all[i] = drawValue(t, depth-1)
		}
		return all
	}
	all := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "size") {
		all[rapid.String().Draw(t, "key")] = drawValue(t, depth-1)
	}
	return all
}

// Whatever stands under unknown keys, and however the whole is laid out, the message is the same.
func TestUnknownKeysAndLayoutDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := map[string]any{
			"id": "7",
			"inputs": []any{map[string]any{
				"name": "x", "datatype": "INT32", "shape": []int{2, 1}, "data": [][]int{{1}, {-2}}, "anything": drawValue(t, 3),
			}},
			"more": drawValue(t, 3),
		}
		text, err := json.MarshalIndent(body, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		req, err := tensorjson.DecodeRequest(text, tensorjson.Options{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		defer req.Free()
		got, err := infer.Values[int32](&req.Tensors()[0])
		if diff := cmp.Diff([]int32{1, -2}, got); diff != "" || err != nil || req.ID() != "7" {
			t.Fatalf("%s: %v, id %q, data (-want +got):\n%s", text, err, req.ID(), diff)
		}
	})
}
