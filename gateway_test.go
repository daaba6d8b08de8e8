package manifold_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a gateway with a client of each edge.
type running struct {
	*manifold.Gateway
	rest string // http://host:port
	grpc pb.GRPCInferenceServiceClient
}

// start serves resources until the test ends.
func start(t *testing.T, resources *config.Resources, o manifold.Options) *running {
	t.Helper()
	o.Listeners = server.Listeners{REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0"}
	if resources.Gateway == nil {
		resources.Gateway = &config.Gateway{}
	}
	resources.Gateway.Spec.Grace = -1
	g, err := manifold.New(t.Context(), resources, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx) }()
	conn, err := grpc.NewClient(g.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = conn.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &running{g, "http://" + g.Addresses().REST, pb.NewGRPCInferenceServiceClient(conn)}
}

// load reads resources from YAML text.
func load(t *testing.T, text string) *config.Resources {
	t.Helper()
	resources, err := config.Load([]string{"-"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func post(t *testing.T, url string, body []byte) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

const example = "examples/animals-and-plants"

func exampleResources(t *testing.T) *config.Resources {
	t.Helper()
	resources, err := config.Load([]string{filepath.Join(example, "inference_services.yaml"), filepath.Join(example, "inference_graph.yaml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

// pictures are the sample pictures by their label.
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(example, "pictures", "*.png"))
	if err != nil || len(files) != 16 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".png")] = data
	}
	return all
}

// classifyREST and classifyGRPC send a picture through the graph and return the label.
func (r *running) classifyREST(t *testing.T, model string, picture []byte) string {
	t.Helper()
	body := fmt.Appendf(nil, `{"id":"p","inputs":[{"name":"image","datatype":"BYTES","shape":[1,1],"data":[%s]}]}`, must(json.Marshal(picture)))
	status, answer := post(t, r.rest+"/v2/models/"+model+"/infer", body)
	var decoded struct {
		ID        string
		ModelName string `json:"model_name"`
		Outputs   []struct{ Data []string }
	}
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil || status != http.StatusOK || len(decoded.Outputs) != 1 {
		t.Fatalf("%d %s (%v)", status, answer, err)
	}
	if decoded.ID != "p" || decoded.ModelName != model {
		t.Errorf("id %q, model_name %q", decoded.ID, decoded.ModelName)
	}
	return decoded.Outputs[0].Data[0]
}

func (r *running) classifyGRPC(t *testing.T, model string, picture []byte) string {
	t.Helper()
	resp, err := r.grpc.ModelInfer(t.Context(), &pb.ModelInferRequest{
		ModelName: model, Id: "p",
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: "image", Datatype: "BYTES", Shape: []int64{1, 1}}},
		RawInputContents: [][]byte{infer.RawStrings(string(picture))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Id != "p" || resp.ModelName != model || len(resp.RawOutputContents) != 1 {
		t.Fatalf("got %v", resp)
	}
	return string(resp.RawOutputContents[0][4:])
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
