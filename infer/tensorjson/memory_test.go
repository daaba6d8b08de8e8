package tensorjson

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

const hostileSize = 4 << 20

// fill repeats entries between two ends up to the size of a hostile body.
func fill(from, to string, entry func(i int) string) string {
	var b strings.Builder
	b.WriteString(from)
	for i := 0; b.Len() < hostileSize; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(entry(i))
	}
	b.WriteString(to)
	return b.String()
}

func same(s string) func(int) string { return func(int) string { return s } }

// dense is a tensor of as many elements as its text holds.
func dense(datatype, element string) string {
	n := (hostileSize + len(element)) / (len(element) + 1)
	return fmt.Sprintf(`{"inputs":[{"name":"x","datatype":"%s","shape":[%d],"data":[`, datatype, n) + strings.Repeat(element+",", n-1) + element + `]}]}`
}

// Not parallel: it counts what the process allocates. The count is of all allocations, freed or not, so the peak is lower still.
func TestHostileBodiesCostEightTimesTheirSize(t *testing.T) {
	claim := `{"inputs":[{"name":"x","datatype":"%s","shape":[1099511627776],"data":[`
	long := strings.Repeat("k", 4100)
	key := func(i int) string { return strconv.FormatInt(int64(i), 36) }
	bodies := []struct{ name, body string }{
		{"tiny inputs", fill(`{"inputs":[`, `]}`, same(`{}`))},
		{"small inputs", fill(`{"inputs":[`, `]}`, func(i int) string { return `{"name":"` + key(i) + `","shape":[0],"datatype":"FP32"}` })},
		{"long names", fill(`{"inputs":[`, `]}`, func(i int) string { return `{"name":"` + key(i) + long + `","shape":[0],"datatype":"FP32"}` })},
		{"names' text", fill(`{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["`+strings.Repeat("x", hostileSize*3/4+hostileSize/64)+`"]},`, `]}`, func(i int) string {
			return `{"name":"` + key(i) + long + `","shape":[0],"datatype":"FP32"}`
		})},
		{"many ranks", fill(`{"inputs":[`, `]}`, func(i int) string {
			return `{"name":"` + key(i) + `","shape":[` + strings.Repeat("1,", 31) + `0],"datatype":"FP32"}`
		})},
		{"outputs", fill(`{"inputs":[],"outputs":[`, `]}`, func(i int) string { return `{"name":"` + key(i) + long + `"}` })},
		{"parameters", fill(`{"inputs":[],"parameters":{`, `}}`, func(i int) string { return `"` + key(i) + `":1` })},
		{"long parameters", fill(`{"inputs":[],"parameters":{`, `}}`, func(i int) string { return `"` + key(i) + long + `":"` + long + `"` })},
		{"parameters of inputs", fill(`{"inputs":[`, `]}`, func(i int) string {
			return `{"name":"` + key(i) + `","shape":[0],"datatype":"FP32","parameters":{` + `"a":1.5,"b":2.5,"c":3.5,"d":4.5,"e":5.5,"f":6.5,"g":7.5,"h":""},"x":"` + long + `"}`
		})},
		{"small parameters of inputs", fill(`{"inputs":[`, `]}`, func(i int) string {
			return `{"name":"` + key(i) + `","shape":[0],"datatype":"FP32","parameters":{"a":1.5,"b":"c","d":1e9},"x":"` + long + `"}`
		})},
		{"parameters' text", fill(`{"inputs":[],"x":"`+strings.Repeat("x", hostileSize*3/4+hostileSize/64)+`","parameters":{`, `}}`, func(i int) string { return `"` + key(i) + `":"` + long + `"` })},
		{"outputs' parameters", fill(`{"inputs":[],"outputs":[`, `]}`, func(i int) string { return `{"name":"` + key(i) + `","parameters":{"a":1,"b":2,"c":3,"d":4}}` })},
		{"claimed doubles", fill(fmt.Sprintf(claim, "FP64"), `]}]}`, same("1"))},
		{"claimed strings", fill(fmt.Sprintf(claim, "BYTES"), `]}]}`, same(`""`))},
		{"dense doubles", dense("FP64", "1")},
		{"dense integers", dense("INT64", "1")},
		{"dense strings", dense("BYTES", `""`)},
		{"dense escapes", dense("BYTES", `"\n"`)},
		{"slow floats", dense("FP32", "1.00000005960464477539062500000001")},
		{"brackets", fill(fmt.Sprintf(claim, "FP32"), `]}]}`, same("[]"))},
		{"data first", fill(`{"inputs":[{"data":[`, `],"name":"x","datatype":"FP64","shape":[7]}]}`, same("1"))},
		{"many data", fill(`{"inputs":[`, `]}`, func(i int) string {
			return `{"name":"` + key(i) + `","shape":[1],"datatype":"BYTES","data":["` + long + `"]}`
		})},
		{"deep", strings.Repeat("[", hostileSize)},
		{"deep object", strings.Repeat(`{"a":`, hostileSize/5)},
		{"unknown keys", fill(`{"inputs":[],`, `}`, same(`"\u0061":{"b":[1]}`))},
		{"long id", `{"inputs":[],"id":"` + strings.Repeat("i", hostileSize) + `"}`},
		{"long id of escapes", `{"inputs":[],"id":"` + strings.Repeat(`\n`, hostileSize/2) + `"}`},
		{"long key of escapes", `{"inputs":[],"` + strings.Repeat(`\n`, hostileSize/2) + `":1}`},
		{"long number", `{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[` + strings.Repeat("1", hostileSize) + `]}]}`},
		{"long token", `{"inputs":` + strings.Repeat("x", hostileSize)},
		{"long string", fmt.Sprintf(claim, "FP32") + `"` + strings.Repeat(`\n`, hostileSize/2) + `"]}]}`},
	}
	for _, tt := range bodies {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(tt.body)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			req, err := DecodeRequest(body, Options{})
			runtime.ReadMemStats(&after)
			if err == nil {
				req.Free()
			}
			if got := int(after.TotalAlloc - before.TotalAlloc); got > 8*len(body) {
				t.Errorf("%d bytes allocated for a body of %d, %.1f times (%v)", got, len(body), float64(got)/float64(len(body)), err)
			} else {
				t.Logf("%.2f times, error %.80v", float64(got)/float64(len(body)), err)
			}
		})
	}
}

// Not parallel: AllocsPerRun counts those of the process.
func TestAllocationBudgets(t *testing.T) {
	if !allocationsCount {
		t.Log("the race detector allocates too")
		return
	}
	n := 1 << 16
	body := []byte(fmt.Sprintf(`{"id":"7","inputs":[{"name":"image","shape":[1,%d],"datatype":"FP32","data":[`, n) + strings.Repeat("0.125,", n-1) + `1]}]}`)
	resp := infer.NewResponse(infer.Head{ModelName: "m", ID: "7"}, []infer.TensorData{{
		Name: "y", DataType: infer.FP32, Shape: infer.Shape{1, int64(n)}, Data: mem.SliceBuffer(make([]byte, 4*n)),
	}})
	defer resp.Free()
	buffer := make([]byte, 0, 12*n+1024)
	budgets := []struct {
		name string
		most float64
		do   func() error
	}{
		{"read a request", 10, func() error {
			req, err := DecodeRequest(body, Options{})
			if err == nil {
				req.Free()
			}
			return err
		}},
		{"write a response", 0, func() error {
			_, err := AppendResponse(buffer, resp, Options{})
			return err
		}},
		{"view names", 0, func() error {
			_, err := View(buffer, resp, infer.ViewParts{})
			return err
		}},
		{"view rows", 2, func() error {
			_, err := View(buffer, resp, infer.ViewParts{Rows: true})
			return err
		}},
	}
	for _, tt := range budgets {
		t.Run(tt.name, func(t *testing.T) {
			got := testing.AllocsPerRun(20, func() {
				if err := tt.do(); err != nil {
					t.Fatal(err)
				}
			})
			if got > tt.most {
				t.Errorf("%g allocations, want at most %g", got, tt.most)
			}
			t.Logf("%g allocations", got)
		})
	}
}
