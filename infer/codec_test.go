package infer_test

import (
	"testing"

	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func TestCodecPassesFramesAsBytesAndDecodesTheRest(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	data := pool.Split([]byte("any bytes"), 4)
	var frame infer.Frame
	if err := (infer.Codec{}).Unmarshal(data, &frame); err != nil {
		t.Fatal(err)
	}
	data.Free() // as grpc-go does
	out, err := infer.Codec{}.Marshal(&frame)
	if err != nil || string(out.Materialize()) != "any bytes" {
		t.Errorf("got %q, %v", out.Materialize(), err)
	}
	out.Free()

	wire, err := infer.Codec{}.Marshal(&pb.ServerLiveResponse{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	var live pb.ServerLiveResponse
	if err := (infer.Codec{}).Unmarshal(wire, &live); err != nil || !live.Live {
		t.Errorf("got %v, %v", &live, err)
	}
	if err := (infer.Codec{}).Unmarshal(mem.BufferSlice{mem.SliceBuffer{0xff}}, &live); err == nil {
		t.Error("rubbish was decoded")
	}
}
