package clients_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// odd are bytes that no marshaller writes: fields out of order, a field twice, unknown fields.
func odd(payload []byte, raw protowire.Number) []byte {
	tensor := protowire.AppendTag(nil, 1, protowire.BytesType)
	tensor = protowire.AppendString(tensor, "x")
	tensor = protowire.AppendTag(tensor, 2, protowire.BytesType)
	tensor = protowire.AppendString(tensor, "UINT8")
	tensor = protowire.AppendTag(tensor, 3, protowire.VarintType)
	tensor = protowire.AppendVarint(tensor, uint64(len(payload)))
	b := protowire.AppendTag(nil, raw, protowire.BytesType)
	b = protowire.AppendBytes(b, payload)
	b = protowire.AppendTag(b, 1000, protowire.BytesType)
	b = protowire.AppendString(b, "unknown")
	b = protowire.AppendTag(b, 5, protowire.BytesType)
	b = protowire.AppendBytes(b, tensor)
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendString(b, "early")
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	return protowire.AppendString(b, "m")
}

func TestBytesPassAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 16 << 10, 588 << 10, 4 << 20} {
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = byte(rand.Uint32())
		}
		want, answer := odd(payload, 7), odd(payload, 6)
		received := make(chan []byte, 1)
		f := &fake{infer: func(_ context.Context, request []byte) ([]byte, error) {
			received <- request
			return answer, nil
		}}
		s := connect(t, f, clients.Options{})
		req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(bytes.Clone(want))})
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Model("m").Infer(t.Context(), req)
		req.Free()
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		back := response.Marshal()
		if got := <-received; !bytes.Equal(got, want) {
			t.Errorf("%d bytes: the server received other bytes than were sent", size)
		}
		if !bytes.Equal(back.Materialize(), answer) {
			t.Errorf("%d bytes: other bytes came back than the server sent", size)
		}
		back.Free()
		response.Free()
	}
}

func TestModelNameIsTheUpstreams(t *testing.T) {
	t.Parallel()
	received := make(chan *inferencepb.ModelInferRequest, 1)
	f := &fake{infer: func(_ context.Context, request []byte) ([]byte, error) {
		var got inferencepb.ModelInferRequest
		err := proto.Unmarshal(request, &got)
		received <- &got
		return nil, err
	}}
	s := connect(t, f, clients.Options{})
	req := infer.NewRequest(infer.Head{ModelName: "graph", ModelVersion: "3", ID: "abc"}, nil, nil)
	defer req.Free()
	response, err := s.Model("resnet").Infer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	response.Free()
	got, want := <-received, [3]string{"resnet", "3", "abc"}
	if diff := cmp.Diff(want, [3]string{got.GetModelName(), got.GetModelVersion(), got.GetId()}); diff != "" {
		t.Errorf("name, version, id (-want +got):\n%s", diff)
	}
}

func TestClientsMetadataStaysHere(t *testing.T) {
	t.Parallel()
	received := make(chan metadata.MD, 1)
	f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
		got, _ := metadata.FromIncomingContext(ctx)
		received <- got
		return nil, nil
	}}
	s := connect(t, f, clients.Options{})
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "secret"))
	if err := call(ctx, t, s.Model("m")); err != nil {
		t.Fatal(err)
	}
	if got := <-received; len(got.Get("authorization")) != 0 {
		t.Error("the client's credentials reached the server")
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := socket(t)
	f := &fake{}
	stop, err := f.serve("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	s := open(t, clients.Options{Targets: []string{"unix:" + path}})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Error(err)
	}
}

func TestRequestBeyondMessageBytes(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := connect(t, f, clients.Options{MessageBytes: 1024})
	req := request(t, 2000)
	_, err := s.Model("m").Infer(t.Context(), req)
	wantError(t, err, codes.ResourceExhausted, fmt.Sprintf(
		"upstream vision: the request has %d bytes, but at most 1024 go to it; send smaller batches or raise messageBytes of ModelServer vision", req.Size()))
	if !errors.Is(err, infer.ErrTooLarge) {
		t.Error("it is not told from what may pass when it is tried again")
	}
	if n := f.infers.Load(); n != 0 {
		t.Errorf("%d calls reached the server", n)
	}
}

func TestAnswerBeyondMessageBytes(t *testing.T) {
	t.Parallel()
	answer := odd(make([]byte, 2000), 6)
	f := &fake{infer: func(context.Context, []byte) ([]byte, error) { return answer, nil }}
	address := f.start(t)
	s := openUncounted(t, clients.Options{Targets: []string{address}, MessageBytes: 1024}) // grpc-go drops what it has read
	err := call(t.Context(), t, s.Model("m"))
	if !errors.Is(err, infer.ErrTooLarge) {
		t.Error("it is not told from what may pass when it is tried again")
	}
	wantError(t, err, codes.ResourceExhausted, fmt.Sprintf(
		"upstream vision (%s): its answer is too large (received message larger than max (%d vs. 1024)); ask for fewer outputs or raise messageBytes of ModelServer vision",
		address, len(answer)))
}

func TestAnswerThatDoesNotDecode(t *testing.T) {
	t.Parallel()
	f := &fake{infer: func(context.Context, []byte) ([]byte, error) { return []byte{0x0a, 0x7f, 'x'}, nil }}
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	wantError(t, call(t.Context(), t, s.Model("m")), codes.Internal,
		"upstream vision ("+address+"): its answer: the message does not decode: the message ends inside a field")
}
