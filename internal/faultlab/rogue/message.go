package rogue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// maxRequest is how big a request may be.
const maxRequest = 256 << 20

// prefixSize is how many bytes stand before a message of gRPC.
const prefixSize = 5

// readMessage reads a message of gRPC; io.EOF says that there is none.
func readMessage(r io.Reader, into proto.Message) error {
	var prefix [prefixSize]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(prefix[1:])
	switch {
	case prefix[0] != 0:
		return errors.New("the message is compressed")
	case size > maxRequest:
		return fmt.Errorf("the message has %d bytes", size)
	}
	message := make([]byte, size)
	if _, err := io.ReadFull(r, message); err != nil {
		return fmt.Errorf("half a message: %w", err)
	}
	return proto.Unmarshal(message, into)
}

// prefixed is a message with what stands before it.
func prefixed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// messages are the answer's, in protobuf, as the lot says.
func (l lot) messages(model string, a proof.Answer) [][]byte {
	resp := a.Response(model)
	if n := l.ordered.Answer.Bytes; n > 0 {
		resp.Outputs = append(resp.Outputs, &pb.ModelInferResponse_InferOutputTensor{Name: proof.Padding, Datatype: "UINT8", Shape: []int64{int64(n)}})
		resp.RawOutputContents = append(resp.RawOutputContents, make([]byte, n))
	}
	last := len(resp.Outputs) - 1
	switch l.lie {
	case backend.LieShape:
		resp.Outputs[0].Shape[0]++
	case backend.LieMissing:
		resp.Outputs, resp.RawOutputContents = resp.Outputs[:last], resp.RawOutputContents[:last]
	case backend.LieDuplicate:
		resp.Outputs = append(resp.Outputs, resp.Outputs[0])
		resp.RawOutputContents = append(resp.RawOutputContents, resp.RawOutputContents[0])
	}
	message, err := proto.Marshal(resp)
	if err != nil {
		message = nil // an id that is no UTF-8 cannot have come in
	}
	switch l.lie {
	case backend.LieUTF8:
		message = protowire.AppendBytes(protowire.AppendTag(message, 3, protowire.BytesType), []byte{0xff, 0xfe, 'x'})
	case backend.LieGarbage:
		message = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	case backend.LieEmpty:
		return nil
	case backend.LieTwice:
		return [][]byte{message, message}
	}
	return [][]byte{message}
}

// streamed is an answer of a stream.
func streamed(message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), message)
}

// timeout is the value of grpc-timeout. Source: gRPC over HTTP2, "Requests".
func timeout(value string) (time.Duration, bool) {
	if len(value) < 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(value[:len(value)-1], 10, 64)
	unit, ok := map[byte]time.Duration{
		'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
	}[value[len(value)-1]]
	if err != nil || !ok {
		return 0, false
	}
	return time.Duration(min(n, int64(1<<62/unit))) * unit, true
}
