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
type document struct {
	ModelName    string   `json:"model_name,omitempty"`
	ModelVersion string   `json:"model_version,omitempty"`
	Inputs       []tensor `json:"inputs,omitempty"`
	Outputs      []tensor `json:"outputs,omitempty"`
}

type tensor struct {
	Name     string    `json:"name"`
	Datatype string    `json:"datatype"`
	Shape    []int64   `json:"shape"`
	Data     []float32 `json:"data"`
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
	body := []byte(`{"inputs":[{"name":"image","shape":[1,` + strconv.Itoa(len(values)) + `],"datatype":"FP32","data":[`)
	for i, f := range values {
		if i > 0 {
			body = append(body, separator...)
		}
		body = text(body, f)
	}
	return append(body, `]}]}`...)
}

func shortest(dst []byte, f float32) []byte { return strconv.AppendFloat(dst, float64(f), 'g', -1, 32) }

func python(dst []byte, f float32) []byte { return strconv.AppendFloat(dst, float64(f), 'g', -1, 64) }

func fourDecimals(dst []byte, f float32) []byte {
	return strconv.AppendFloat(dst, float64(f), 'f', 4, 64)
}

func BenchmarkDecode(b *testing.B) {
	values := randomFloats(pixels)
	bodies := []struct {
		name string
		body []byte
	}{
		{"short", floatBody(values, ",", shortest)},
		{"python", floatBody(values, ", ", python)},
		{"decimals", floatBody(values, ",", fourDecimals)},
		{"1KiB", floatBody(values[:85], ",", shortest)},
	}
	decoders := []struct {
		name   string
		decode func(body []byte) error
	}{
		{"tensorjson", func(body []byte) error {
			req, err := tensorjson.DecodeRequest(body, tensorjson.Options{})
			if err == nil {
				req.Free()
			}
			return err
		}},
		{"encoding/json", func(body []byte) error { return json.Unmarshal(body, new(document)) }},
		{"sonic", func(body []byte) error { return sonic.ConfigStd.Unmarshal(body, new(document)) }},
		{"sonic-fastest", func(body []byte) error { return sonic.ConfigFastest.Unmarshal(body, new(document)) }},
	}
	for _, text := range bodies {
		for _, d := range decoders {
			b.Run(text.name+"/"+d.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(text.body)))
				for b.Loop() {
					if err := d.decode(text.body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1KiB", 85}, {"150528", pixels}} {
		values := randomFloats(size.n)
		resp := floatResponse(values)
		defer resp.Free()
		doc := document{Outputs: []tensor{{"probabilities", "FP32", []int64{1, int64(size.n)}, values}}, ModelName: "m", ModelVersion: "1"}
		var buffer []byte
		encoders := []struct {
			name   string
			encode func() ([]byte, error)
		}{
			{"tensorjson", func() (_ []byte, err error) {
				buffer, err = tensorjson.AppendResponse(buffer[:0], resp, tensorjson.Options{})
				return buffer, err
			}},
			{"encoding/json", func() ([]byte, error) { return json.Marshal(&doc) }},
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
