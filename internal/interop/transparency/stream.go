package transparency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// stream is a ModelStreamInfer: every request is sent, then the client closes its half and reads to the end.
type stream struct {
	requests []*pb.ModelInferRequest
	raw      [][]byte // sent after them
	metadata []string
	options  []grpc.CallOption
	byID     bool // events of different requests come in any order
	wait     bool // for an event before the next request
}

func (s stream) operation(name string) Operation {
	return Operation{Name: "stream/" + name, Do: s.observe}
}

func (s stream) observe(ctx context.Context, target Target) Observation {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(ctx, s.metadata...))
	defer cancel()
	desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	calls, err := target.GRPC.NewStream(ctx, desc, service+"ModelStreamInfer", s.options...)
	if err != nil {
		return ending(err)
	}
	seen := newSeen(s.byID)
	for _, f := range s.frames() {
		if err := calls.SendMsg(f); err != nil { // the reason comes with the next receive
			break
		}
		if s.wait {
			if err := seen.receive(calls); err != nil {
				return seen.end(err)
			}
		}
	}
	if err := calls.CloseSend(); err != nil {
		return seen.end(err)
	}
	for {
		if err := seen.receive(calls); err != nil {
			return seen.end(err)
		}
	}
}

func (s stream) frames() []*infer.Frame {
	var all []*infer.Frame
	for _, r := range s.requests {
		all = append(all, frame(r, nil))
	}
	for _, raw := range s.raw {
		all = append(all, frame(nil, raw))
	}
	return all
}

// seen are the events of a stream.
type seen struct {
	o     Observation
	byID  bool
	count map[string]int
}

func newSeen(byID bool) *seen { return &seen{Observation{}, byID, map[string]int{}} }

func (s *seen) receive(calls grpc.ClientStream) error {
	var answer infer.Frame
	if err := calls.RecvMsg(&answer); err != nil {
		return err
	}
	defer answer.Buffers.Free()
	data := answer.Buffers.Materialize()
	event := &pb.ModelStreamInferResponse{}
	if err := proto.Unmarshal(data, event); err != nil {
		s.o[s.next("")] = "does not decode: " + err.Error()
		return nil
	}
	one := Observation{"error": event.GetErrorMessage()}
	name := s.next(event.GetInferResponse().GetId())
	event.ErrorMessage = ""
	message(one, must(proto.Marshal(event)), &pb.ModelStreamInferResponse{})
	s.o.put(name, one)
	return nil
}

// next is the name of the next event, of the request with that id where they may come in any order.
func (s *seen) next(id string) string {
	if !s.byID {
		id = ""
	}
	n := s.count[id]
	s.count[id]++
	return fmt.Sprintf("event.%s%d", id, n)
}

func (s *seen) end(err error) Observation {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	for id, n := range s.count {
		s.o["events"+id] = strconv.Itoa(n)
	}
	s.o.put("end", ending(err))
	return s.o
}

func must(data []byte, err error) []byte {
	if err != nil {
		return []byte(err.Error())
	}
	return data
}
