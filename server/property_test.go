package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// genRequest draws a valid request; raw says in which form all its tensors are.
func genRequest(rt *rapid.T) *inferencepb.ModelInferRequest {
	raw := rapid.Bool().Draw(rt, "raw")
	req := &inferencepb.ModelInferRequest{
		ModelName: "echo", Id: rapid.StringN(0, 8, 32).Draw(rt, "id"),
		Parameters: map[string]*inferencepb.InferParameter{},
	}
	for range rapid.IntRange(0, 3).Draw(rt, "parameters") {
		req.Parameters[rapid.StringMatching("[a-z]{1,9}").Draw(rt, "key")] = genParameter(rt)
	}
	for i := range rapid.IntRange(0, 4).Draw(rt, "inputs") {
		s := rapid.SampledFrom(samples()).Draw(rt, "datatype")
		if !raw && s.typed == nil {
			s = samples()[0]
		}
		input := &inferencepb.ModelInferRequest_InferInputTensor{Name: fmt.Sprint("input", i), Datatype: string(s.datatype), Shape: []int64{1, 2}}
		if rapid.Bool().Draw(rt, "empty") {
			input.Shape[0], s.raw, s.typed = 0, nil, nil
		}
		if raw {
			req.RawInputContents = append(req.RawInputContents, s.raw)
			input.Contents = rapid.SampledFrom([]*inferencepb.InferTensorContents{nil, {}}).Draw(rt, "contents") // P-04: empty is absent
		} else {
			input.Contents = s.typed
		}
		req.Inputs = append(req.Inputs, input)
	}
	return req
}

func genParameter(rt *rapid.T) *inferencepb.InferParameter {
	return rapid.SampledFrom([]*inferencepb.InferParameter{
		{ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: true}},
		{ParameterChoice: &inferencepb.InferParameter_Int64Param{Int64Param: -5}},
		{ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "née"}},
		{ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: 0.25}},
	}).Draw(rt, "parameter")
}

// shuffle writes a message's top-level fields in another order, with unknown fields among them. Entries of one field keep their
// order, which has a meaning.
func shuffle(rt *rapid.T, message []byte) []byte {
	byNumber := map[protowire.Number][][]byte{}
	for len(message) > 0 {
		number, _, n := protowire.ConsumeField(message)
		byNumber[number] = append(byNumber[number], message[:n])
		message = message[n:]
	}
	for i := range rapid.IntRange(0, 3).Draw(rt, "unknown") {
		number := protowire.Number(100 + i)
		unknown := protowire.AppendTag(nil, number, protowire.BytesType)
		byNumber[number] = [][]byte{protowire.AppendBytes(unknown, []byte("later"))}
	}
	var order []protowire.Number
	for number := protowire.Number(1); number < 200; number++ {
		for range byNumber[number] {
			order = append(order, number)
		}
	}
	var out []byte
	if len(order) == 0 {
		return out
	}
	for _, number := range rapid.Permutation(order).Draw(rt, "order") {
		out = append(out, byNumber[number][0]...)
		byNumber[number] = byNumber[number][1:]
	}
	return out
}

// recorder is a model that keeps the bytes of its request before it echoes it.
type recorder struct {
	model
	got []byte
}

func (r *recorder) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	buffers := req.Marshal()
	r.got = buffers.Materialize()
	buffers.Free()
	return r.model.Infer(ctx, req)
}

// TestBytesPass: what a gRPC client sends is what the model gets, byte by byte, and what comes back decodes with protobuf-go to
// the same tensors.
func TestBytesPass(t *testing.T) {
	t.Parallel()
	m := &recorder{}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	rapid.Check(t, func(rt *rapid.T) {
		req := genRequest(rt)
		encoded, err := proto.Marshal(req)
		if err != nil {
			rt.Fatal(err)
		}
		sent := shuffle(rt, encoded)
		reply, err := g.send(t.Context(), sent)
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(m.got, sent) {
			rt.Fatalf("the model got\n%x, sent was\n%x", m.got, sent)
		}
		var resp inferencepb.ModelInferResponse
		if err := proto.Unmarshal(reply, &resp); err != nil {
			rt.Fatal(err)
		}
		if err := sameTensors(sent, &resp); err != nil {
			rt.Fatal(err)
		}
	})
}

// sameTensors compares an echo with the request as protobuf-go decodes it.
func sameTensors(sent []byte, resp *inferencepb.ModelInferResponse) error {
	var req inferencepb.ModelInferRequest
	if err := proto.Unmarshal(sent, &req); err != nil {
		return err
	}
	if resp.GetId() != req.GetId() || resp.GetModelName() != req.GetModelName() || len(resp.GetOutputs()) != len(req.GetInputs()) {
		return fmt.Errorf("response %v for request %v", resp, &req)
	}
	for i, input := range req.GetInputs() {
		output := resp.GetOutputs()[i]
		if output.GetName() != input.GetName() || output.GetDatatype() != input.GetDatatype() || !cmp.Equal(output.GetShape(), input.GetShape()) {
			return fmt.Errorf("output %v for input %v", output, input)
		}
		want := rawOf(input)
		if len(req.GetRawInputContents()) > 0 {
			want = req.GetRawInputContents()[i]
		}
		if !bytes.Equal(resp.GetRawOutputContents()[i], want) {
			return fmt.Errorf("output %d is %x, want %x", i, resp.GetRawOutputContents()[i], want)
		}
	}
	return nil
}

// rawOf is the raw form of typed contents, made by the table of samples.
func rawOf(input *inferencepb.ModelInferRequest_InferInputTensor) []byte {
	for _, s := range samples() {
		if s.typed != nil && string(s.datatype) == input.GetDatatype() && proto.Equal(s.typed, input.GetContents()) {
			return s.raw
		}
	}
	return nil
}

// TestNumbersPass: what encoding/json makes of a REST request's numbers, it makes of the answer's.
func TestNumbersPass(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	rapid.Check(t, func(rt *rapid.T) {
		f32 := rapid.SliceOf(rapid.Float32()).Draw(rt, "f32")
		f64 := rapid.SliceOf(rapid.Float64()).Draw(rt, "f64")
		i64 := rapid.SliceOf(rapid.Int64()).Draw(rt, "i64")
		u64 := rapid.SliceOf(rapid.Uint64()).Draw(rt, "u64")
		text := rapid.SliceOf(rapid.String()).Draw(rt, "text")
		body := fmt.Sprintf(`{"inputs":[%s]}`, strings.Join([]string{
			jsonTensor(rt, "f32", "FP32", f32), jsonTensor(rt, "f64", "FP64", f64), jsonTensor(rt, "i64", "INT64", i64),
			jsonTensor(rt, "u64", "UINT64", u64), jsonTensor(rt, "text", "BYTES", text),
		}, ","))
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", body)
		if got.status != http.StatusOK {
			rt.Fatalf("status %d: %s", got.status, got.body)
		}
		var resp struct {
			Outputs []struct {
				Name string
				Data json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(got.body), &resp); err != nil {
			rt.Fatal(err)
		}
		if err := errors.Join(
			sameData(resp.Outputs[0].Data, f32), sameData(resp.Outputs[1].Data, f64), sameData(resp.Outputs[2].Data, i64),
			sameData(resp.Outputs[3].Data, u64), sameData(resp.Outputs[4].Data, text),
		); err != nil {
			rt.Fatal(err)
		}
	})
}

func jsonTensor[T any](rt *rapid.T, name, datatype string, data []T) string {
	text, err := json.Marshal(data)
	if err != nil {
		rt.Fatal(err)
	}
	if data == nil {
		text = []byte("[]")
	}
	return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":[%d],"data":%s}`, name, datatype, len(data), text)
}

func sameData[T any](text json.RawMessage, want []T) error {
	var got []T
	if err := json.Unmarshal(text, &got); err != nil {
		return err
	}
	if len(got) == 0 && len(want) == 0 {
		return nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("data differ (-want +got):\n%s", diff)
	}
	return nil
}
