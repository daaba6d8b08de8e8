package clients

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// mapEntry is a map entry of field 6.
func mapEntry(key string, value []byte) []byte {
	body := protowire.AppendTag(nil, 1, protowire.BytesType)
	body = protowire.AppendString(body, key)
	body = protowire.AppendTag(body, 2, protowire.BytesType)
	body = protowire.AppendBytes(body, value)
	b := protowire.AppendTag(nil, fieldProperties, protowire.BytesType)
	return protowire.AppendBytes(b, body)
}

func parameter(tb testing.TB, p *inferencepb.InferParameter) []byte {
	tb.Helper()
	b, err := proto.Marshal(p)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestT02MetadataOfEveryServer(t *testing.T) {
	t.Parallel()
	common, err := proto.Marshal(&inferencepb.ModelMetadataResponse{
		Name: "iris", Versions: []string{"1", "2"}, Platform: "sklearn",
		Inputs: []*inferencepb.ModelMetadataResponse_TensorMetadata{{Name: "x", Datatype: "FP32", Shape: []int64{-1, 4}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// MLServer's tensors have parameters in field 4.
	output := protowire.AppendTag(nil, 1, protowire.BytesType)
	output = protowire.AppendString(output, "y")
	output = append(output, 0x22, 0x02, 0x0a, 0x00)
	mlserver := protowire.AppendTag(nil, 5, protowire.BytesType)
	mlserver = protowire.AppendBytes(mlserver, output)
	tests := []struct {
		name  string
		extra []byte
		want  map[string]string
	}{
		{"Triton", nil, map[string]string{}},
		{"OIP", mapEntry("author", []byte("A. Fisher")), map[string]string{"author": "A. Fisher"}},
		{"OIP, a text of one character", mapEntry("grade", []byte("(")), map[string]string{"grade": "("}},
		{"no value", mapEntry("empty", nil), map[string]string{"empty": ""}},
		{"MLServer, text", mapEntry("content_type", parameter(t, &inferencepb.InferParameter{
			ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "np"},
		})), map[string]string{"content_type": "np"}},
		{"MLServer, bool", mapEntry("warm", parameter(t, &inferencepb.InferParameter{
			ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: true},
		})), map[string]string{"warm": "true"}},
		{"MLServer, a number whose bytes are not UTF-8", mapEntry("replicas", parameter(t, &inferencepb.InferParameter{
			ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: -1},
		})), map[string]string{"replicas": "-1"}},
		{"neither", mapEntry("odd", []byte{0xff, 0xfe}), map[string]string{}},
		{"a key that is no text", mapEntry("\xff", []byte("x")), map[string]string{}},
		{"unknown fields", []byte{0x7a, 0x01, 'x'}, map[string]string{}},
	}
	for _, test := range tests {
		got, err := decodeMetadata(append(append(append([]byte{}, test.extra...), common...), mlserver...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := &infer.Metadata{
			Name: "iris", Versions: []string{"1", "2"}, Platform: "sklearn",
			Inputs:     []infer.TensorMetadata{{Name: "x", DataType: infer.FP32, Shape: infer.Shape{-1, 4}}},
			Outputs:    []infer.TensorMetadata{{Name: "y"}},
			Properties: test.want,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestDecodeMetadataRefuses(t *testing.T) {
	t.Parallel()
	many := make([]byte, 2*(maxMetadataFields+1)) // empty inputs
	for i := range many {
		many[i] = [2]byte{0x22, 0x00}[i%2]
	}
	tests := []struct {
		name string
		give []byte
		want string
	}{
		{"truncated", []byte{0x0a, 0x05, 'x'}, "unexpected EOF"},
		{"field 6 a number", []byte{0x30, 0x01}, "field 6 is not a map"},
		{"field 6 broken within", []byte{0x32, 0x02, 0x0a, 0x05}, "field 6: unexpected EOF"},
		{"too many", many, "it has more than 4096 fields"},
	}
	for _, test := range tests {
		if _, err := decodeMetadata(test.give); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	if _, err := decodeMetadata([]byte{0x0a, 0x01, 0xff}); err == nil {
		t.Error("a name that is not UTF-8 passed")
	}
}

func TestDecodeMetadataAgreesWithProtobuf(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[ -~äöü]{0,8}`)
	tensor := rapid.Custom(func(t *rapid.T) *inferencepb.ModelMetadataResponse_TensorMetadata {
		return &inferencepb.ModelMetadataResponse_TensorMetadata{
			Name: text.Draw(t, "name"), Datatype: text.Draw(t, "datatype"), Shape: rapid.SliceOf(rapid.Int64()).Draw(t, "shape"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := &inferencepb.ModelMetadataResponse{
			Name: text.Draw(t, "name"), Versions: rapid.SliceOf(text).Draw(t, "versions"), Platform: text.Draw(t, "platform"),
			Inputs: rapid.SliceOfN(tensor, 0, 3).Draw(t, "inputs"), Outputs: rapid.SliceOfN(tensor, 0, 3).Draw(t, "outputs"),
			Properties: rapid.MapOf(text, text).Draw(t, "properties"),
		}
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeMetadata(data)
		if err != nil {
			t.Fatal(err)
		}
		back := &inferencepb.ModelMetadataResponse{
			Name: got.Name, Versions: got.Versions, Platform: got.Platform, Properties: got.Properties,
			Inputs: described(got.Inputs), Outputs: described(got.Outputs),
		}
		if !proto.Equal(m, back) {
			t.Fatalf("%v came back as %v", m, back)
		}
	})
}

func described(all []infer.TensorMetadata) []*inferencepb.ModelMetadataResponse_TensorMetadata {
	var back []*inferencepb.ModelMetadataResponse_TensorMetadata
	for _, t := range all {
		back = append(back, &inferencepb.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: string(t.DataType), Shape: t.Shape})
	}
	return back
}

func FuzzDecodeMetadata(f *testing.F) {
	f.Add(mapEntry("a", []byte("b")))
	f.Add(mapEntry("a", []byte{0x08, 0x01}))
	f.Add([]byte{0x0a, 0x01, 'x', 0x22, 0x03, 0x1a, 0x01, 0x04})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decodeMetadata(data)
		if (m == nil) == (err == nil) {
			t.Errorf("%v, %v", m, err)
		}
	})
}

func FuzzDecodeIndex(f *testing.F) {
	f.Add([]byte{0x0a, 0x03, 0x0a, 0x01, 'm'})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decodeIndex(data, patterns{"*"})
		if err != nil && entries != nil || len(entries) > len(data)/2 {
			t.Errorf("%d entries of %d bytes, %v", len(entries), len(data), err)
		}
	})
}
