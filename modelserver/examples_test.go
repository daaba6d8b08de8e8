package modelserver_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/modelserver"
)

const example = "../examples/animals-and-plants"

// kinds are the pictures of the example, by the classifier that knows them.
func kinds() map[string][]string {
	return map[string][]string{
		"animal": {"butterfly", "cat", "dog", "elephant", "fish", "frog", "octopus", "penguin"},
		"plant":  {"cactus", "clover", "fir", "maple", "palm", "rose", "sunflower", "tulip"},
	}
}

func openExample(tb testing.TB, name string) *modelserver.Model {
	tb.Helper()
	oiptest.NeedsRuntime(tb)
	m, err := modelserver.Open(tb.Context(), name, filepath.Join(example, "models", name), modelserver.Options{
		Progress: func(e modelserver.Event) { tb.Log(e) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(m.Close)
	return m
}

func readPicture(tb testing.TB, label string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(example, "pictures", label+".png"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// predict sends pictures and returns the labels of the one output that a plain request gets.
func predict(tb testing.TB, m infer.Handler, shape infer.Shape, pictures ...string) []string {
	tb.Helper()
	data := mem.SliceBuffer(infer.RawStrings(pictures...))
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{{Name: "image", DataType: infer.Bytes, Shape: shape, Data: data}}, nil)
	defer req.Free()
	resp, err := m.Infer(tb.Context(), req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Free()
	outputs := resp.Tensors()
	if len(outputs) != 1 || outputs[0].Name != "predictions" {
		tb.Fatalf("got outputs %v", outputs)
	}
	labels, err := infer.Strings(&outputs[0])
	if err != nil {
		tb.Fatal(err)
	}
	return labels
}

// Every picture of the example is of the right kind, and has the right name among its kind; alone, in a batch, and as base64.
func TestExamplePictures(t *testing.T) {
	t.Parallel()
	kindOf := openExample(t, "high-level")
	for kind, labels := range kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			nameOf := openExample(t, kind+"-classifier")
			var pictures, texts []string
			for _, label := range labels {
				data := readPicture(t, label)
				pictures, texts = append(pictures, data), append(texts, base64.StdEncoding.EncodeToString([]byte(data)))
				if got := predict(t, kindOf, infer.Shape{1}, data); !slices.Equal(got, []string{kind}) {
					t.Errorf("%s is %v", label, got)
				}
				if got := predict(t, nameOf, infer.Shape{1, 1}, data); !slices.Equal(got, []string{label}) {
					t.Errorf("%s is %v", label, got)
				}
			}
			n := int64(len(labels))
			if got := predict(t, nameOf, infer.Shape{n}, pictures...); !slices.Equal(got, labels) {
				t.Errorf("in a batch: got %v", got)
			}
			if got := predict(t, nameOf, infer.Shape{n, 1}, texts...); !slices.Equal(got, labels) {
				t.Errorf("as base64: got %v", got)
			}
		})
	}
}

// dog.json is what the README sends with curl.
func TestExampleRequest(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(example, "dog.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), `"data":["`)
	text, _, _ = strings.Cut(text, `"`)
	if got := predict(t, openExample(t, "animal-classifier"), infer.Shape{1, 1}, text); !slices.Equal(got, []string{"dog"}) {
		t.Errorf("got %v", got)
	}
}

func ExampleOpen() {
	if _, err := modelserver.Open(context.Background(), "iris", "no/such/folder", modelserver.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output: model iris: stat no/such/folder: no such file or directory
}

// BenchmarkOpen measures loading an example's model: reading, compiling four batch sizes.
func BenchmarkOpen(b *testing.B) {
	oiptest.NeedsRuntime(b)
	for b.Loop() {
		m, err := modelserver.Open(b.Context(), "m", filepath.Join(example, "models/high-level"), modelserver.Options{})
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

// BenchmarkPicture measures a request of PNG files of 128 x 128 pixels: decoding, shrinking, the network, the label. It leaves
// the making of the request out.
func BenchmarkPicture(b *testing.B) {
	for _, rows := range []int64{1, 8} {
		b.Run(fmt.Sprintf("batch %d", rows), func(b *testing.B) {
			m := openExample(b, "animal-classifier")
			data := mem.SliceBuffer(infer.RawStrings(slices.Repeat([]string{readPicture(b, "dog")}, int(rows))...))
			req := infer.NewRequest(infer.Head{}, []infer.TensorData{{Name: "image", DataType: infer.Bytes, Shape: infer.Shape{rows}, Data: data}}, nil)
			defer req.Free()
			b.ReportAllocs()
			b.SetBytes(int64(data.Len()))
			for b.Loop() {
				resp, err := m.Infer(b.Context(), req)
				if err != nil {
					b.Fatal(err)
				}
				resp.Free()
			}
		})
	}
}
