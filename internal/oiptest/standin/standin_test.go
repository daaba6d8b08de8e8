package standin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
)

func serve(t *testing.T, names ...string) pb.GRPCInferenceServiceClient {
	t.Helper()
	at := standin.Serve(t, names...)
	conn, err := grpc.NewClient("passthrough:///"+at.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewGRPCInferenceServiceClient(conn)
}

func has(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}

func states(t *testing.T, c pb.GRPCInferenceServiceClient) map[string]string {
	t.Helper()
	index, err := c.RepositoryIndex(t.Context(), &pb.RepositoryIndexRequest{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range index.GetModels() {
		all[m.GetName()+"/"+m.GetVersion()] = m.GetState()
	}
	return all
}

// What simple_grpc_model_control of Triton's client does.
func TestModelsAreLoadedAndUnloaded(t *testing.T) {
	t.Parallel()
	c := serve(t, "simple", "two", "broken")
	if diff := cmp.Diff(map[string]string{"broken/1": "UNAVAILABLE", "simple/1": "READY", "two/1": "READY", "two/2": "READY"}, states(t, c)); diff != "" {
		t.Error(diff)
	}
	_, err := c.RepositoryModelUnload(t.Context(), &pb.RepositoryModelUnloadRequest{ModelName: "simple"})
	has(t, err, codes.OK)
	if got := states(t, c)["simple/1"]; got != "UNAVAILABLE" {
		t.Errorf("an unloaded model is %s", got)
	}
	ready, err := c.ModelReady(t.Context(), &pb.ModelReadyRequest{Name: "simple"})
	if has(t, err, codes.OK); ready.GetReady() {
		t.Error("an unloaded model is ready")
	}
	_, err = c.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: "simple", Version: "1"})
	has(t, err, codes.NotFound)
	config := &pb.ModelRepositoryParameter{ParameterChoice: &pb.ModelRepositoryParameter_StringParam{StringParam: `{"max_batch_size":"16"}`}}
	_, err = c.RepositoryModelLoad(t.Context(), &pb.RepositoryModelLoadRequest{ModelName: "simple", Parameters: map[string]*pb.ModelRepositoryParameter{"config": config}})
	has(t, err, codes.OK)
	got, err := c.ModelConfig(t.Context(), &pb.ModelConfigRequest{Name: "simple"})
	if has(t, err, codes.OK); got.GetConfig().GetMaxBatchSize() != 16 {
		t.Errorf("max_batch_size is %d", got.GetConfig().GetMaxBatchSize())
	}
	config.ParameterChoice = &pb.ModelRepositoryParameter_StringParam{StringParam: `{{`}
	_, err = c.RepositoryModelLoad(t.Context(), &pb.RepositoryModelLoadRequest{ModelName: "simple", Parameters: map[string]*pb.ModelRepositoryParameter{"config": config}})
	has(t, err, codes.InvalidArgument)
	_, err = c.RepositoryModelLoad(t.Context(), &pb.RepositoryModelLoadRequest{ModelName: "broken"})
	has(t, err, codes.Internal)
	_, err = c.RepositoryModelUnload(t.Context(), &pb.RepositoryModelUnloadRequest{ModelName: "none"})
	has(t, err, codes.Internal)
	_, err = c.LogSettings(t.Context(), &pb.LogSettingsRequest{})
	has(t, err, codes.PermissionDenied)
}

// Every model that loads describes itself alike in metadata, configuration and statistics.
func TestEveryModelDescribesItself(t *testing.T) {
	t.Parallel()
	c := serve(t)
	counted := map[string]bool{}
	stats, err := c.ModelStatistics(t.Context(), &pb.ModelStatisticsRequest{})
	has(t, err, codes.OK)
	for _, s := range stats.GetModelStats() {
		counted[s.GetName()] = true
	}
	for _, m := range models.All() {
		if m.Name() == "broken" {
			continue
		}
		described, err := c.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: m.Name()})
		has(t, err, codes.OK)
		config, err := c.ModelConfig(t.Context(), &pb.ModelConfigRequest{Name: m.Name()})
		has(t, err, codes.OK)
		if n := len(config.GetConfig().GetInput()); n != len(described.GetInputs()) || !counted[m.Name()] {
			t.Errorf("%s: %d inputs in its configuration, %d in its metadata; counted: %v", m.Name(), n, len(described.GetInputs()), counted[m.Name()])
		}
		for i, in := range described.GetInputs() {
			rank := len(config.GetConfig().GetInput()[i].GetDims())
			if config.GetConfig().GetMaxBatchSize() > 0 {
				rank++
			}
			if len(in.GetShape()) != rank {
				t.Errorf("%s: input %s has shape %v", m.Name(), in.GetName(), in.GetShape())
			}
		}
	}
	_, err = c.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: "two", Version: "3"})
	has(t, err, codes.NotFound)
	_, err = c.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: "none"})
	has(t, err, codes.NotFound)
}

func TestUnknownModelsCannotBeServed(t *testing.T) {
	t.Parallel()
	if _, err := standin.NewRepository("simple", "none"); err == nil {
		t.Error("a repository has a model that there is not")
	}
}
