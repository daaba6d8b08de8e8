package infercmd

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

const labelTable = `MODEL   VERSION   ID    TIME
m       1         dog   2.13ms

NAME          DATATYPE   SHAPE   VALUES
predictions   BYTES      [1,1]   tulip
`

func TestInferPrintsTheAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, format, want string }{
		{"table", "table", labelTable},
		{"json", "json", `{"id":"dog","model_name":"m","model_version":"1","outputs":[{"name":"predictions","datatype":"BYTES","shape":[1,1],"data":["tulip"]}]}` + "\n"},
	}
	for _, test := range tests {
		for _, e := range edges() {
			t.Run(test.name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				f := &inferFake{known: describes(described("image", "BYTES", -1, 1))}
				got, err := typeInfer(t, "", append(e.flags(t, f), "m", "--image", tulip, "--id", "dog", "-o", test.format)...)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// everything is an answer with each kind of output.
func everything() *inferencepb.ModelInferResponse {
	labels := []string{"fir tree", "a,b", "", "two\nlines", "\xff\xfe", strings.Repeat("x", 70), "0.98:3:dog", "木", "ninth", "tenth"}
	return &inferencepb.ModelInferResponse{
		ModelName:  "m",
		Parameters: map[string]*inferencepb.InferParameter{"plant.error": {ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "model plant\tis not ready"}}},
		Outputs: []*inferencepb.ModelInferResponse_InferOutputTensor{
			{Name: "labels", Datatype: "BYTES", Shape: []int64{10}},
			{Name: "scores", Datatype: "FP32", Shape: []int64{2, 5}},
			{Name: "halves", Datatype: "FP16", Shape: []int64{2}},
			{Name: "odd", Datatype: "FP64", Shape: []int64{3}},
			{Name: "flag", Datatype: "BOOL"},
			{Name: "none", Datatype: "INT8", Shape: []int64{0, 4}},
		},
		RawOutputContents: [][]byte{
			infer.RawStrings(labels...),
			infer.RawOf[float32](0.1, 1e-7, 3, -4, 5, 6, 7, 8, 9, 10),
			{0x00, 0x3c, 0x00, 0xfc},
			infer.RawOf(math.NaN(), math.Inf(1), 0.5),
			{1},
			{},
		},
	}
}

const everythingTable = `MODEL   VERSION   ID   TIME
m       -         -    2.13ms

NAME     DATATYPE   SHAPE   VALUES
labels   BYTES      [10]    fir tree, "a,b", "", "two\nlines", (2 bytes), ` + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + `…, 0.98:3:dog, 木, … (10 in all)
scores   FP32       [2,5]   0.1, 1e-7, 3, -4, 5, 6, 7, 8, … (10 in all)
halves   FP16       [2]     1, -Infinity
odd      FP64       [3]     NaN, Infinity, 0.5
flag     BOOL       []      true
none     INT8       [0,4]   -

PARAMETER     VALUE
plant.error   model plant is not ready
`

func TestInferTableShowsEveryKindOfOutput(t *testing.T) {
	t.Parallel()
	f := &inferFake{answer: func(context.Context, *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
		return everything(), nil
	}}
	got, err := typeInfer(t, "", "m", "--address", f.serveGRPC(t), "--input", "x:INT8=1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(everythingTable, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInferJSONHasHalvesAsNumbers(t *testing.T) {
	t.Parallel()
	answer := &inferencepb.ModelInferResponse{
		ModelName:         "m",
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: "BF16", Shape: []int64{1}}},
		RawOutputContents: [][]byte{{0x80, 0x3f}},
	}
	f := &inferFake{answer: func(context.Context, *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
		return answer, nil
	}}
	got, err := typeInfer(t, "", "m", "--address", f.serveGRPC(t), "--input", "x:INT8=1", "--output", "json")
	want := `{"model_name":"m","model_version":"","outputs":[{"name":"y","datatype":"BF16","shape":[1],"data":[1]}]}` + "\n"
	if err != nil || got != want {
		t.Errorf("got  %s%v\nwant %s", got, err, want)
	}
}

func TestInferJSONHasBytesThatAreNoTextInBase64(t *testing.T) {
	t.Parallel()
	text := &strings.Builder{}
	answer := &inferencepb.ModelInferResponse{
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: "BYTES", Shape: []int64{1}}},
		RawOutputContents: [][]byte{infer.RawStrings("\xff\xfe")},
	}
	err := writeInferJSON(text, response(t, answer), 0)
	want := `{"model_name":"","model_version":"","outputs":[{"name":"y","datatype":"BYTES","shape":[1],"parameters":{"content_type":"base64"},"data":["//4="]}]}` + "\n"
	if err != nil || text.String() != want {
		t.Errorf("got  %s%v\nwant %s", text, err, want)
	}
}

func TestInferTableReadsTypedContents(t *testing.T) {
	t.Parallel()
	answer := &inferencepb.ModelInferResponse{Outputs: []*inferencepb.ModelInferResponse_InferOutputTensor{
		{Name: "label", Datatype: "BYTES", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{BytesContents: [][]byte{[]byte("cat")}}},
		{Name: "index", Datatype: "INT16", Shape: []int64{1}, Contents: &inferencepb.InferTensorContents{IntContents: []int32{-3}}},
	}}
	text := &strings.Builder{}
	if err := writeInferTable(text, response(t, answer), 12*time.Second); err != nil {
		t.Fatal(err)
	}
	want := `MODEL   VERSION   ID   TIME
-       -         -    12s

NAME    DATATYPE   SHAPE   VALUES
label   BYTES      [1]     cat
index   INT16      [1]     -3
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInferTableRefusesBrokenAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, datatype string
		raw            []byte
		want           string
	}{
		{"numbers", "FP32", []byte{1, 2, 3}, `the answer: output "y": 3 bytes of raw data for shape [1], whose 1 elements of FP32 take 4 bytes each`},
		{"strings", "BYTES", []byte{200, 0, 0, 0, 'a'}, `the answer: output "y": its raw BYTES data break off`},
		{"lengths", "BYTES", []byte{1, 0}, `the answer: output "y": its raw BYTES data break off`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer := &inferencepb.ModelInferResponse{
				Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: test.datatype, Shape: []int64{1}}},
				RawOutputContents: [][]byte{test.raw},
			}
			text := &strings.Builder{}
			err := writeInferTable(text, response(t, answer), 0)
			if err == nil || err.Error() != test.want || text.Len() > 0 {
				t.Errorf("got  %v and %q\nwant %s", err, text, test.want)
			}
		})
	}
}

func response(t *testing.T, message *inferencepb.ModelInferResponse) *infer.Response {
	t.Helper()
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(resp.Free)
	return resp
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		1234567 * time.Microsecond: "1.23s",
		12345 * time.Microsecond:   "12.35ms",
		1234 * time.Nanosecond:     "1µs",
		61 * time.Second:           "1m1s",
	} {
		if got := brief(d).String(); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
