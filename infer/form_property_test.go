package infer_test

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func TestP03FormsThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := samples(rt)
		for i := range all {
			if all[i].contents == nil {
				all[i] = sample{name: all[i].name, datatype: infer.Int8, shape: []int64{1}, raw: []byte{0x80}}
			}
		}
		pool := oiptest.NewPool(t)
		m := drawRequest(rt, all)
		req, err := infer.ParseRequest(pool.Split(shuffled(rt, m), 5))
		if err != nil {
			rt.Fatal(err)
		}
		defer req.Free()
		typed, err := req.InTypedForm()
		if err != nil {
			rt.Fatal(err)
		}
		defer typed.Free()
		raw, err := typed.InRawForm()
		if err != nil {
			rt.Fatal(err)
		}
		defer raw.Free()
		for _, r := range []*infer.Request{typed, raw} {
			sameInputs(rt, r, all)
			if err := r.Validate(); err != nil {
				rt.Fatal(err)
			}
		}
		for i := range raw.Tensors() {
			if typed.Tensors()[i].Raw() || !raw.Tensors()[i].Raw() {
				rt.Fatal("a tensor is in the wrong form")
			}
		}
		sameRest(rt, raw, m)
	})
}

func sameInputs(t *rapid.T, r *infer.Request, all []sample) {
	if len(r.Tensors()) != len(all) {
		t.Fatalf("%d inputs of %d", len(r.Tensors()), len(all))
	}
	for i, s := range all {
		data, err := r.Tensors()[i].Bytes()
		if err != nil || !bytes.Equal(data, s.raw) || r.Tensors()[i].Name != s.name {
			t.Fatalf("input %d: %q %v %v, want %q %v", i, r.Tensors()[i].Name, data, err, s.name, s.raw)
		}
	}
}

// sameRest compares everything but the data, unknown fields too.
func sameRest(t *rapid.T, r *infer.Request, m *pb.ModelInferRequest) {
	wire := r.Marshal()
	defer wire.Free()
	var got pb.ModelInferRequest
	if err := proto.Unmarshal(wire.Materialize(), &got); err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(m)
	got.RawInputContents, want.RawInputContents = nil, nil
	for i := range want.GetInputs() {
		got.Inputs[i].Contents, want.Inputs[i].Contents = nil, nil
	}
	got.ProtoReflect().SetUnknown(nil)
	if !proto.Equal(&got, want) {
		t.Fatalf("got  %v\nwant %v", &got, want)
	}
}

// FuzzForms converts whatever parses: no panic, and what validates survives both ways.
func FuzzForms(f *testing.F) {
	for _, e := range edges() {
		for _, m := range []proto.Message{e.rawRequest(), e.typedRequest()} {
			wire, err := proto.Marshal(m)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(wire)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(wire)})
		if err != nil {
			return
		}
		valid := req.Validate() == nil
		typed, err := req.InTypedForm()
		if err != nil {
			return
		}
		raw, err := typed.InRawForm()
		if !valid {
			return
		}
		if err != nil {
			t.Fatalf("typed but not raw: %v", err)
		}
		for i := range req.Tensors() {
			want, _ := req.Tensors()[i].Bytes()
			got, _ := raw.Tensors()[i].Bytes()
			if req.Tensors()[i].DataType == infer.Bool {
				continue // any byte but 0 is true
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("input %d: %v became %v", i, want, got)
			}
		}
	})
}
