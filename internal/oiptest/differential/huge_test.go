//go:build large

package differential_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"strconv"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// huge is the data of a message that is almost as long as gRPC can have it, 2^31-1 bytes.
const huge = math.MaxInt32 - 1024

const (
	hugeUpstream = `, messageBytes: "2147483647"`
	hugeGateway  = `, limits: {messageBytes: 2GiB, inflightBytes: 8GiB}`
)

// Messages of 2 GiB less a little pass when they are configured, each way, over gRPC and REST. It takes some 10 GiB of memory.
func TestP11MessagesOf2GiBPassWhenConfigured(t *testing.T) {
	g := start(t, hugeUpstream, hugeGateway)
	data := make([]byte, huge)
	for i := 0; i < len(data); i += 4096 {
		binary.LittleEndian.PutUint32(data[i:], uint32(i))
	}
	sum := crc32.ChecksumIEEE(data)
	t.Run("request over gRPC", func(t *testing.T) {
		req := infer.NewRequest(infer.Head{ModelName: "measure"}, []infer.TensorData{
			{Name: "DATA", DataType: infer.Uint8, Shape: infer.Shape{huge}, Data: mem.SliceBuffer(data)},
		}, nil)
		defer req.Free()
		resp := g.send(t, req)
		defer resp.Free()
		measured(t, resp.Tensors(), sum)
	})
	t.Run("answer over gRPC", func(t *testing.T) {
		req := infer.NewRequest(infer.Head{ModelName: "zeros"}, []infer.TensorData{
			{Name: "SIZE", DataType: infer.Int64, Shape: infer.Shape{1}, Data: mem.SliceBuffer(infer.RawOf[int64](huge))},
		}, nil)
		defer req.Free()
		resp := g.send(t, req)
		defer resp.Free()
		if resp.Size() < huge || resp.Validate() != nil {
			t.Errorf("the answer has %d bytes", resp.Size())
		}
	})
	t.Run("request over REST", func(t *testing.T) {
		text := `{"inputs":[{"name":"DATA","datatype":"UINT8","shape":[` + strconv.Itoa(huge) + `],"parameters":{"binary_data_size":` + strconv.Itoa(huge) + `}}]}`
		body := io.MultiReader(bytes.NewReader([]byte(text)), bytes.NewReader(data))
		o := g.stream(t, "measure", text, body, int64(len(text)+len(data)))
		defer o.Body.Close()
		answer, err := io.ReadAll(o.Body)
		want := `"data":[` + strconv.FormatUint(uint64(sum), 10) + `]`
		if err != nil || !bytes.Contains(answer, []byte(want)) || !bytes.Contains(answer, []byte(strconv.Itoa(huge))) {
			t.Errorf("%s, %v", answer, err)
		}
	})
	t.Run("answer over REST", func(t *testing.T) {
		text := `{"inputs":[{"name":"SIZE","datatype":"INT64","shape":[1],"data":[` + strconv.Itoa(huge) + `]}],"parameters":{"binary_data_output":true}}`
		o := g.stream(t, "zeros", text, bytes.NewReader([]byte(text)), int64(len(text)))
		defer o.Body.Close()
		n, err := io.Copy(io.Discard, o.Body)
		if err != nil || n < huge || n != o.ContentLength {
			t.Errorf("%d bytes of %d, %v", n, o.ContentLength, err)
		}
	})
}

// stream posts a body that begins with JSON; the caller closes the answer's.
func (g gateway) stream(t *testing.T, model, text string, body io.Reader, length int64) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.base+"/v2/models/"+model+"/infer", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = length
	req.Header.Set(lengthHeader, strconv.Itoa(len(text)))
	resp, err := g.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		_ = resp.Body.Close()
		t.Fatalf("%d: %s", resp.StatusCode, answer)
	}
	return resp
}

func measured(t *testing.T, outputs []infer.Tensor, sum uint32) {
	t.Helper()
	size, err := infer.Values[int64](&outputs[0])
	if err != nil || size[0] != huge {
		t.Errorf("%v bytes came, %v", size, err)
	}
	crc, err := infer.Values[uint32](&outputs[1])
	if err != nil || crc[0] != sum {
		t.Errorf("their sum is %v, not %d, %v", crc, sum, err)
	}
}

// send sends a request's bytes as they are, and returns the answer, which the caller frees.
func (g gateway) send(t *testing.T, req *infer.Request) *infer.Response {
	t.Helper()
	var reply infer.Frame
	err := g.conn.Invoke(t.Context(), pb.GRPCInferenceService_ModelInfer_FullMethodName, &infer.Frame{Buffers: req.Marshal()}, &reply,
		grpc.ForceCodecV2(infer.Codec{}))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := infer.ParseResponse(reply.Buffers)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
