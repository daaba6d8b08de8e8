package clients_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestP08StreamsOfTritonPassAsTheyAre(t *testing.T) {
	t.Parallel()
	received := make(chan *pb.ModelInferRequest, 1)
	s := connect(t, says("triton", received,
		framed(answered("a", false)),
		&pb.ModelStreamInferResponse{ErrorMessage: "this one\nfails", InferResponse: answered("", false)},
		framed(answered("b", false)),
		framed(answered("", true)),
	), clients.Options{})
	g := gather(t.Context(), s.Model("m"), streaming(t, true))
	want := []string{"id 1 y=a more", "error this one fails id 1 more", "id 1 y=b more", "id 1 last"}
	if diff := cmp.Diff(want, g.replies); diff != "" || g.err != nil {
		t.Errorf("%v\n%s", g.err, diff)
	}
	if p := (<-received).GetParameters()[infer.EnableEmptyFinalResponse]; !p.GetBoolParam() {
		t.Error("Triton is not told that the client wants to know the end")
	}
}

func TestT01StreamsOfMLServerAreAdapted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		final bool
		send  []proto.Message
		want  []string
	}{
		{"the end is told when asked for", true, []proto.Message{answered("a"), answered("b")}, []string{"id 1 y=a more", "id 1 y=b more", "id 1 last"}},
		{"and only then", false, []proto.Message{answered("a"), answered("b")}, []string{"id 1 y=a more", "id 1 y=b more"}},
		{"no message at all", true, nil, []string{"id 1 last"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			received := make(chan *pb.ModelInferRequest, 1)
			s := connect(t, says("mlserver", received, tt.send...), clients.Options{})
			g := gather(t.Context(), s.Model("m"), streaming(t, tt.final))
			if diff := cmp.Diff(tt.want, g.replies); diff != "" || g.err != nil {
				t.Errorf("%v\n%s", g.err, diff)
			}
			if p := (<-received).GetParameters(); len(p) > 0 {
				t.Errorf("MLServer is sent %v", p)
			}
		})
	}
}

func TestP08ServersThatDoNotMarkTheirMessages(t *testing.T) {
	t.Parallel()
	s := connect(t, says("OpenVINO Model Server", nil, framed(answered("a")), framed(answered("b"))), clients.Options{})
	g := gather(t.Context(), s.Model("m"), streaming(t, true))
	if diff := cmp.Diff([]string{"id 1 y=a more", "id 1 y=b more", "id 1 last"}, g.replies); diff != "" || g.err != nil {
		t.Errorf("%v\n%s", g.err, diff)
	}
}

func TestP08ServersWithoutStreamsAnswerOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"kserve", "something"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{
				about: &pb.ServerMetadataResponse{Name: name},
				infer: func(context.Context, []byte) ([]byte, error) { return proto.Marshal(answered("a")) },
			}
			if name == "kserve" { // which is not even asked
				f.stream = func([]byte, grpc.ServerStream) error { return status.Error(codes.Internal, "asked") }
			}
			g := gather(t.Context(), connect(t, f, clients.Options{}).Model("m"), streaming(t, true))
			if diff := cmp.Diff([]string{"id 1 y=a last"}, g.replies); diff != "" || g.err != nil {
				t.Errorf("%v\n%s", g.err, diff)
			}
		})
	}
}

func TestT14AStreamThatBreaksIsAnError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  error
		code codes.Code
	}{
		{"the server goes away", status.Error(codes.Unavailable, "going away"), codes.Unavailable},
		{"the model fails", status.Error(codes.Internal, "no more than five"), codes.Internal}, // as in MLServer
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{about: &pb.ServerMetadataResponse{Name: "triton"}}
			f.stream = func(_ []byte, stream grpc.ServerStream) error {
				if err := send(stream, framed(answered("a", false))); err != nil {
					return err
				}
				return tt.end
			}
			g := gather(t.Context(), connect(t, f, clients.Options{}).Model("m"), streaming(t, true))
			if len(g.replies) != 1 || infer.CodeOf(g.err) != tt.code {
				t.Errorf("%v, error %v", g.replies, g.err)
			}
		})
	}
}

func TestStreamsWithBrokenMessages(t *testing.T) {
	t.Parallel()
	f := &fake{about: &pb.ServerMetadataResponse{Name: "triton"}}
	f.stream = func(_ []byte, stream grpc.ServerStream) error {
		return stream.SendMsg(&infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer{0x12, 0x7f}}})
	}
	g := gather(t.Context(), connect(t, f, clients.Options{}).Model("m"), streaming(t, true))
	if infer.CodeOf(g.err) != codes.Internal || len(g.replies) > 0 {
		t.Errorf("%v, error %v", g.replies, g.err)
	}
}

// endless sends until the client is gone, and then closes left.
func endless(left chan struct{}) *fake {
	return &fake{
		about: &pb.ServerMetadataResponse{Name: "triton"},
		stream: func(_ []byte, stream grpc.ServerStream) error {
			defer close(left)
			if err := send(stream, framed(answered("a", false))); err != nil {
				return err
			}
			<-stream.Context().Done()
			return stream.Context().Err()
		},
	}
}

func TestStreamsEndWithTheirReader(t *testing.T) {
	t.Parallel()
	limited, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for _, ctx := range []context.Context{t.Context(), limited} {
		left := make(chan struct{})
		enough := errors.New("enough")
		err := connect(t, endless(left), clients.Options{}).Model("m").Stream(ctx, streaming(t, false), func(r infer.Reply) error {
			r.Response.Free()
			return enough
		})
		if !errors.Is(err, enough) {
			t.Errorf("error %v", err)
		}
		<-left
	}
}

// The time that a reader takes for a message is no silence of the server.
func TestSlowReadersOfStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		read := make(chan struct{}, 2)
		f := &fake{about: &pb.ServerMetadataResponse{Name: "triton"}}
		f.stream = func(_ []byte, stream grpc.ServerStream) error {
			for range 2 {
				if err := send(stream, framed(answered("a", false))); err != nil {
					return err
				}
				<-read
			}
			return nil
		}
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		replies := 0
		err := s.Model("m").Stream(t.Context(), streaming(t, false), func(r infer.Reply) error {
			r.Response.Free()
			replies++
			<-time.After(5 * time.Minute)
			read <- struct{}{}
			return nil
		})
		if err != nil || replies != 2 {
			t.Errorf("%d replies, error %v", replies, err)
		}
		close(read)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An answer that ends with an error of the model has failed.
func TestC01StreamsAreCounted(t *testing.T) {
	t.Parallel()
	broken := &pb.ModelStreamInferResponse{ErrorMessage: "broken", InferResponse: answered("")}
	for name, tt := range map[string]struct {
		messages      []proto.Message
		success, fail uint64
	}{
		"success": {[]proto.Message{framed(answered("a", false)), framed(answered("b", true))}, 1, 0},
		"failure": {[]proto.Message{framed(answered("a", false)), broken}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connect(t, says("triton", nil, tt.messages...), clients.Options{})
			if g := gather(t.Context(), s.Model("m"), streaming(t, false)); g.err != nil {
				t.Fatal(g.err)
			}
			all, err := s.Model("m").Statistics(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := all[0].GetInferenceStats()
			if got.GetSuccess().GetCount() != tt.success || got.GetFail().GetCount() != tt.fail {
				t.Errorf("counted %v", got)
			}
		})
	}
}

func TestStreamsAreCancelled(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	err := connect(t, endless(left), clients.Options{}).Model("m").Stream(ctx, streaming(t, false), func(r infer.Reply) error {
		r.Response.Free()
		cancel()
		return nil
	})
	if infer.CodeOf(err) != codes.Canceled {
		t.Errorf("error %v", err)
	}
	<-left
}

func TestT18LargeMessagesOfStreams(t *testing.T) {
	t.Parallel()
	large := answered(string(make([]byte, 20<<20)), false)
	f := says("triton", nil, framed(large))
	address := f.start(t, grpc.MaxSendMsgSize(1<<30))
	s := open(t, clients.Options{Targets: []string{address}})
	size := 0
	err := s.Model("m").Stream(t.Context(), streaming(t, false), func(r infer.Reply) error {
		defer r.Response.Free()
		size = r.Response.Size()
		return nil
	})
	if err != nil || size < 20<<20 {
		t.Errorf("%d bytes, error %v", size, err)
	}
	small := openUncounted(t, clients.Options{Targets: []string{address}, MessageBytes: units.Size(1 << 20)}) // grpc-go drops what it has read
	if g := gather(t.Context(), small.Model("m"), streaming(t, false)); infer.CodeOf(g.err) != codes.ResourceExhausted {
		t.Errorf("error %v", g.err)
	}
}
