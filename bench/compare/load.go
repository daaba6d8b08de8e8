package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// sender sends one request and reads its answer.
type sender interface {
	send(ctx context.Context) error
	bytes() int // of a request, without what the transport adds
	close()
}

// turn is what one target did in one round.
type turn struct {
	requests int
	cpu      time.Duration // of the target's processes
	took     time.Duration
	p50, p99 time.Duration
	message  int // bytes of a request
}

// drive keeps inflight requests going until n are answered, and as many before that which do not count.
func drive(ctx context.Context, t *target, s sender, n, inflight int) (turn, error) {
	if _, err := burst(ctx, s, max(inflight, n/10), inflight); err != nil {
		return turn{}, fmt.Errorf("%s: %w", t.name, err)
	}
	var before, after time.Duration
	var err error
	if t.process != nil {
		if before, err = t.process.cpu(); err != nil {
			return turn{}, err
		}
	}
	start := time.Now()
	latencies, err := burst(ctx, s, n, inflight)
	if err != nil {
		return turn{}, fmt.Errorf("%s: %w", t.name, err)
	}
	took := time.Since(start)
	if t.process != nil {
		if after, err = t.process.cpu(); err != nil {
			return turn{}, err
		}
	}
	slices.Sort(latencies)
	return turn{requests: n, cpu: after - before, took: took, p50: latencies[n/2], p99: latencies[n*99/100]}, nil
}

func burst(ctx context.Context, s sender, n, inflight int) ([]time.Duration, error) {
	var sent atomic.Int64
	var mu sync.Mutex
	all := make([]time.Duration, 0, n)
	var group errgroup.Group
	for range min(inflight, n) {
		group.Go(func() error {
			var own []time.Duration
			for sent.Add(1) <= int64(n) {
				start := time.Now()
				if err := s.send(ctx); err != nil {
					return err
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			return nil
		})
	}
	err := group.Wait()
	return all, err
}

// grpcSender sends the same message again and again, and looks at the answer's length alone: a client that decoded it would be what is
// measured.
type grpcSender struct {
	conn *grpc.ClientConn
	req  *infer.Request
	size int
}

func newGRPCSender(address, name string, size int) (*grpcSender, error) {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(1<<20), grpc.WithStaticConnWindowSize(16<<20),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(infer.Codec{}), grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		return nil, err
	}
	return &grpcSender{conn, infer.NewRequest(infer.Head{ModelName: name}, []infer.TensorData{
		{Name: "x", DataType: infer.FP32, Shape: infer.Shape{int64(size / 4)}, Data: mem.SliceBuffer(make([]byte, size))},
	}, nil), size}, nil
}

func (s *grpcSender) send(ctx context.Context) error {
	var reply infer.Frame
	err := s.conn.Invoke(ctx, pb.GRPCInferenceService_ModelInfer_FullMethodName, &infer.Frame{Buffers: s.req.Marshal()}, &reply)
	if err != nil {
		return err
	}
	defer reply.Buffers.Free()
	if reply.Buffers.Len() < s.size {
		return fmt.Errorf("an answer of %d bytes to a tensor of %d", reply.Buffers.Len(), s.size)
	}
	return nil
}

func (s *grpcSender) bytes() int { return s.size }

func (s *grpcSender) close() { _ = s.conn.Close() }

// restSender posts the same body again and again.
type restSender struct {
	client *http.Client
	url    string
	body   []byte
	header http.Header
	least  int64 // bytes of an answer
}

func newRESTSender(address string, body []byte, header http.Header, inflight int) *restSender {
	return &restSender{
		&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inflight, DisableCompression: true}},
		"http://" + address + "/v2/models/" + model + "/infer", body, header, int64(len(body) / 2),
	}
}

func (s *restSender) send(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(s.body))
	if err != nil {
		return err
	}
	req.Header = s.header
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && n < s.least {
		err = fmt.Errorf("an answer of %d bytes to %d", n, len(s.body))
	}
	return err
}

func (s *restSender) bytes() int { return len(s.body) }

func (s *restSender) close() { s.client.CloseIdleConnections() }

// oipJSON is a body with n FP32 in their shortest text.
func oipJSON(n int) []byte {
	return fmt.Appendf(nil, `{"inputs":[{"name":"x","datatype":"FP32","shape":[%d],"data":[%s]}]}`, n, numbers(n))
}

// protoJSON is the same as protobuf's JSON has it.
func protoJSON(n int) []byte {
	return fmt.Appendf(nil, `{"inputs":[{"name":"x","datatype":"FP32","shape":["%d"],"contents":{"fp32Contents":[%s]}}]}`, n, numbers(n))
}

func numbers(n int) string {
	var b strings.Builder
	state := uint32(1)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		state = state*1664525 + 1013904223
		fmt.Fprint(&b, float32(state>>8)/(1<<24)) // 24 bits, in [0,1)
	}
	return b.String()
}
