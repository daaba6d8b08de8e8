package proof_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

func TestCallsAndAnswersAreTheSameInEveryForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := proof.Call{ID: rapid.String().Draw(t, "id"), Payload: rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "payload")}
		a := proof.Answer{ID: c.ID, Payload: c.Payload, Sum: c.Sum(), Backend: "b/1", Execution: rapid.Uint64().Draw(t, "execution")}
		fromGRPC, err := proof.CallOf(c.Request("m"))
		if diff := cmp.Diff(c, fromGRPC); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		fromREST, err := proof.CallOfJSON(c.JSON())
		if diff := cmp.Diff(c, fromREST); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		answer, err := proof.AnswerOf(a.Response("m"))
		if diff := cmp.Diff(a, answer); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		answer, err = proof.AnswerOfJSON(a.JSON("m"))
		if diff := cmp.Diff(a, answer); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
	})
}

func TestTypedPayloadsAreRead(t *testing.T) {
	t.Parallel()
	c := proof.Call{ID: "x", Payload: []byte{1, 2, 255}}
	req := c.Request("m")
	req.RawInputContents = nil
	req.Inputs[0].Contents = &pb.InferTensorContents{UintContents: []uint32{1, 2, 255}}
	got, err := proof.CallOf(req)
	if diff := cmp.Diff(c, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestSumsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[uint64]bool{}
	for _, c := range []proof.Call{{ID: "a"}, {ID: "b"}, {ID: "a", Payload: []byte("b")}, {ID: "ab"}, {ID: "a", Payload: []byte("c")}} {
		if seen[c.Sum()] {
			t.Errorf("%+v has the sum of another", c)
		}
		seen[c.Sum()] = true
	}
}

func TestDeadlinesTravelInPayloads(t *testing.T) {
	t.Parallel()
	at := time.Unix(1234, 5678)
	random := rand.New(rand.NewPCG(1, 1))
	c := proof.Call{Payload: proof.NewPayload(100, at, random)}
	if !c.Deadline().Equal(at) || len(c.Payload) != 100 {
		t.Errorf("%v in %d bytes", c.Deadline(), len(c.Payload))
	}
	none := proof.Call{Payload: proof.NewPayload(1, time.Time{}, random)}
	if !none.Deadline().IsZero() || !(proof.Call{}).Deadline().IsZero() {
		t.Error("there is none")
	}
}

func TestAnswersThatAreNotWhole(t *testing.T) {
	t.Parallel()
	whole := (&proof.Answer{ID: "x", Payload: []byte("payload"), Backend: "b"}).Response("m")
	for want, change := range map[string]func(*pb.ModelInferResponse){
		"4 outputs have 3 raw contents": func(r *pb.ModelInferResponse) { r.RawOutputContents = r.RawOutputContents[1:] },
		"has 7 bytes":                   func(r *pb.ModelInferResponse) { r.Outputs[0].Shape[0]++ },
		"is not one text":               func(r *pb.ModelInferResponse) { r.RawOutputContents[2] = []byte{9, 0, 0, 0, 'b'} },
		`"sum" has 3 bytes`:             func(r *pb.ModelInferResponse) { r.RawOutputContents[1] = []byte("abc") },
		"is there twice":                func(r *pb.ModelInferResponse) { r.Outputs[1].Name, r.Outputs[1].Datatype = "payload", "UINT8" },
		`"other" was not expected`:      func(r *pb.ModelInferResponse) { r.Outputs[1].Name = "other" },
		"is UINT64, not UINT8":          func(r *pb.ModelInferResponse) { r.Outputs[1].Name = "payload" },
		"has the shape [2]":             func(r *pb.ModelInferResponse) { r.Outputs[1].Shape[0]++ },
		"outputs are missing": func(r *pb.ModelInferResponse) {
			r.Outputs, r.RawOutputContents = r.Outputs[:3], r.RawOutputContents[:3]
		},
	} {
		changed := proto.Clone(whole).(*pb.ModelInferResponse)
		change(changed)
		if _, err := proof.AnswerOf(changed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
