package tensorjson_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/bytedance/sonic"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// The benchmarks take one body of 150,528 FP32 (1×3×224×224) in the texts that clients send. They include the whole body and the
// message, and exclude reading and writing it.
const pixels = 3 * 224 * 224

// document is the body as reflection-based decoders see it.
type document[T any] struct {
	ModelName    string      `json:"model_name,omitempty"`
	ModelVersion string      `json:"model_version,omitempty"`
	Inputs       []tensor[T] `json:"inputs,omitempty"`
	Outputs      []tensor[T] `json:"outputs,omitempty"`
}

type tensor[T any] struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
	Data     []T     `json:"data"`
}

func randomFloats(n int) []float32 {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	return values
}

func floatBody(values []float32, separator string, text func(dst []byte, f float32) []byte) []byte {
	return body("FP32", separator, len(values), func(dst []byte) []byte {
		dst = text(dst, values[0])
		values = values[1:]
		return dst
	})
}

// body is a request with one tensor of n elements.
func body(datatype, separator string, n int, text func(dst []byte) []byte) []byte {
	body := []byte(`{"inputs":[{"name":"image","shape":[1,` + strconv.Itoa(n) + `],"datatype":"` + datatype + `","data":[`)
	for i := range n {
		if i > 0 {
			body = append(body, separator...)
		}
		body = text(body)
	}
	return append(body, `]}]}`...)
}

func shortest(dst []byte, f float32) []byte { return strconv.AppendFloat(dst, float64(f), 'g', -1, 32) }

func python(dst []byte, f float32) []byte { return strconv.AppendFloat(dst, float64(f), 'g', -1, 64) }

func fourDecimals(dst []byte, f float32) []byte {
	return strconv.AppendFloat(dst, float64(f), 'f', 4, 64)
}

// decoding is one decoder of a body.
type decoding struct {
	name   string
	decode func(body []byte) error
}

// decoders are ours and those that read a document with data of type T.
func decoders[T any]() []decoding {
	return []decoding{
		{"tensorjson", func(body []byte) error {
			req, err := tensorjson.DecodeRequest(body, tensorjson.Options{})
			if err == nil {
				req.Free()
			}
			return err
		}},
		{"sonic", func(body []byte) error { return sonic.ConfigStd.Unmarshal(body, new(document[T])) }},
		{"sonic-fastest", func(body []byte) error { return sonic.ConfigFastest.Unmarshal(body, new(document[T])) }},
		{"encoding-json", func(body []byte) error { return json.Unmarshal(body, new(document[T])) }},
	}
}

func BenchmarkDecode(b *testing.B) {
	floats := randomFloats(pixels)
	random := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct {
		name     string
		body     []byte
		decoders []decoding
	}{
		{"short", floatBody(floats, ",", shortest), decoders[float32]()},
		{"python", floatBody(floats, ", ", python), decoders[float32]()},
		{"decimals", floatBody(floats, ",", fourDecimals), decoders[float32]()},
		{"1KiB", floatBody(floats[:85], ",", shortest), decoders[float32]()},
		{"FP64", body("FP64", ",", pixels, func(dst []byte) []byte { return strconv.AppendFloat(dst, random.NormFloat64(), 'g', -1, 64) }), decoders[float64]()},
		{"INT32", body("INT32", ",", pixels, func(dst []byte) []byte { return strconv.AppendInt(dst, int64(int32(random.Uint32())), 10) }), decoders[int32]()},
		{"INT64", body("INT64", ",", pixels, func(dst []byte) []byte { return strconv.AppendInt(dst, random.Int64N(50_000), 10) }), decoders[int64]()},
		{"INT64 of 64 bits", body("INT64", ",", pixels, func(dst []byte) []byte { return strconv.AppendInt(dst, int64(random.Uint64()), 10) }), decoders[int64]()},
		{"UINT8", body("UINT8", ",", pixels, func(dst []byte) []byte { return strconv.AppendInt(dst, random.Int64N(256), 10) }), decoders[uint16]()}, // []uint8 is base64 to the others
		{"BOOL", body("BOOL", ",", pixels, func(dst []byte) []byte { return strconv.AppendBool(dst, random.IntN(2) == 0) }), decoders[bool]()},
		{"BYTES", body("BYTES", ",", pixels/8, func(dst []byte) []byte { return strconv.AppendQuote(dst, words[:random.IntN(len(words))]) }), decoders[string]()},
	} {
		for _, d := range tt.decoders {
			b.Run(tt.name+"/"+d.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(tt.body)))
				for b.Loop() {
					if err := d.decode(tt.body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

const words = "The quick brown fox jumps over the lazy dog, and then it jumps over the dog once more."

func BenchmarkEncode(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1KiB", 85}, {"150528", pixels}} {
		values := randomFloats(size.n)
		resp := floatResponse(values)
		defer resp.Free()
		doc := document[float32]{Outputs: []tensor[float32]{{"probabilities", "FP32", []int64{1, int64(size.n)}, values}}, ModelName: "m", ModelVersion: "1"}
		var buffer []byte
		encoders := []struct {
			name   string
			encode func() ([]byte, error)
		}{
			{"tensorjson", func() (_ []byte, err error) {
				buffer, err = tensorjson.AppendResponse(buffer[:0], resp, tensorjson.Options{})
				return buffer, err
			}},
			{"encoding-json", func() ([]byte, error) { return json.Marshal(&doc) }},
			{"sonic", func() ([]byte, error) { return sonic.ConfigFastest.Marshal(&doc) }},
		}
		for _, e := range encoders {
			b.Run(size.name+"/"+e.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					text, err := e.encode()
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(len(text)))
				}
			})
		}
	}
}

func floatResponse(values []float32) *infer.Response {
	return infer.NewResponse(infer.Head{ModelName: "m", ModelVersion: "1"}, []infer.TensorData{{
		Name: "probabilities", DataType: infer.FP32, Shape: infer.Shape{1, int64(len(values))},
		Data: mem.SliceBuffer(infer.RawOf(values...)),
	}})
}

// BenchmarkView measures a document that names the tensors only, beside one with their data.
func BenchmarkView(b *testing.B) {
	resp := floatResponse(randomFloats(pixels))
	defer resp.Free()
	for _, parts := range []infer.ViewParts{{}, {Data: true}, {Rows: true}} {
		b.Run("data="+strconv.FormatBool(parts.Data)+",rows="+strconv.FormatBool(parts.Rows), func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for b.Loop() {
				var err error
				if buffer, err = tensorjson.View(buffer[:0], resp, parts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkShortestFloat32(b *testing.B) {
	var buffer []byte
	f := float32(math.Pi)
	for b.Loop() {
		buffer = shortest(buffer[:0], f)
	}
}
