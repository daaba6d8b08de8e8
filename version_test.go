package manifold_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// releases is a server whose one model, "m", has the versions 1 and 2, and says which one answered.
type releases struct {
	pb.UnimplementedGRPCInferenceServiceServer
}

// release is the version that is meant, the latest when none is named.
func release(version string) (string, error) {
	switch version {
	case "":
		return "2", nil
	case "1", "2":
		return version, nil
	}
	return "", status.Error(codes.NotFound, "Request for unknown model: 'm' version "+version+" is not found")
}

func (releases) RepositoryIndex(context.Context, *pb.RepositoryIndexRequest) (*pb.RepositoryIndexResponse, error) {
	return &pb.RepositoryIndexResponse{Models: []*pb.RepositoryIndexResponse_ModelIndex{{Name: "m", Version: "1", State: "READY"}}}, nil
}

func (releases) ModelMetadata(_ context.Context, req *pb.ModelMetadataRequest) (*pb.ModelMetadataResponse, error) {
	v, err := release(req.GetVersion())
	return &pb.ModelMetadataResponse{Name: req.GetName(), Platform: "release " + v}, err
}

func (releases) ModelReady(_ context.Context, req *pb.ModelReadyRequest) (*pb.ModelReadyResponse, error) {
	_, err := release(req.GetVersion())
	return &pb.ModelReadyResponse{Ready: err == nil}, nil
}

func (releases) ModelConfig(_ context.Context, req *pb.ModelConfigRequest) (*pb.ModelConfigResponse, error) {
	v, err := release(req.GetVersion())
	return &pb.ModelConfigResponse{Config: &pb.ModelConfig{Name: req.GetName(), Platform: "release " + v}}, err
}

func (releases) ModelStatistics(_ context.Context, req *pb.ModelStatisticsRequest) (*pb.ModelStatisticsResponse, error) {
	v, err := release(req.GetVersion())
	return &pb.ModelStatisticsResponse{ModelStats: []*pb.ModelStatistics{{Name: req.GetName(), Version: v}}}, err
}

func (releases) ModelInfer(_ context.Context, req *pb.ModelInferRequest) (*pb.ModelInferResponse, error) {
	v, err := release(req.GetModelVersion())
	return &pb.ModelInferResponse{
		ModelName: req.GetModelName(), ModelVersion: v, RawOutputContents: [][]byte{[]byte("\x01\x00\x00\x00" + v)},
		Outputs: []*pb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: "BYTES", Shape: []int64{1}}},
	}, err
}

func serveReleases(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pb.RegisterGRPCInferenceServiceServer(s, releases{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// Whatever name a model of a server has here, its server is asked for the version that the client names.
func TestVersionsOfUpstreamModels(t *testing.T) {
	t.Parallel()
	address := serveReleases(t)
	service := fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: service, annotations: {manifold.dev/target: %q}}
spec: {predictor: {model: {modelFormat: {name: sklearn}}}}
`, address+"/m")
	listed := start(t, load(t, modelServerYAML("all", address, "*")+service+
		graphYAML("by-url", fmt.Sprintf(`{serviceUrl: "grpc://%s/m/versions/1"}`, address))), manifold.Options{})
	named := start(t, load(t, modelServerYAML("exact", address, "m")), manifold.Options{})
	for name, at := range map[string]struct {
		gateway *running
		model   string
	}{"found in an index": {listed, "m"}, "named": {named, "m"}, "a service": {listed, "service"}} {
		for version, want := range map[string]string{"": "2", "1": "1", "2": "2"} {
			if err := everyAnswer(t.Context(), at.gateway, at.model, version, want); err != nil {
				t.Errorf("%s, version %q: %v", name, version, err)
			}
		}
		for version, want := range map[string]int{"1": http.StatusOK, "9": http.StatusNotFound, "1x": http.StatusBadRequest} {
			for _, path := range []string{"", "/config", "/ready"} {
				if code, body := get(t, at.gateway.rest+"/v2/models/"+at.model+"/versions/"+version+path); code != want {
					t.Errorf("%s, version %s%s: %d %s", name, version, path, code, body)
				}
			}
		}
		if _, err := at.gateway.grpc.ModelInfer(t.Context(), versioned(at.model, "9")); status.Code(err) != codes.NotFound {
			t.Errorf("%s, version 9: %v", name, err)
		}
	}
	if got := listed.label(t, "by-url"); got != "1" {
		t.Errorf("a step that names a version is answered by %s", got)
	}
}

func versioned(model, version string) *pb.ModelInferRequest {
	req := echoRequest(model)
	req.ModelVersion = version
	return req
}

// everyAnswer asks all that can be asked of a version.
func everyAnswer(ctx context.Context, r *running, model, version, want string) error {
	m, err := r.grpc.ModelMetadata(ctx, &pb.ModelMetadataRequest{Name: model, Version: version})
	if err != nil || m.GetPlatform() != "release "+want || m.GetName() != model {
		return fmt.Errorf("metadata %v: %w", m, err)
	}
	c, err := r.grpc.ModelConfig(ctx, &pb.ModelConfigRequest{Name: model, Version: version})
	if err != nil || c.GetConfig().GetPlatform() != "release "+want || c.GetConfig().GetName() != model {
		return fmt.Errorf("configuration %v: %w", c, err)
	}
	s, err := r.grpc.ModelStatistics(ctx, &pb.ModelStatisticsRequest{Name: model, Version: version})
	if err != nil || len(s.GetModelStats()) != 1 || s.GetModelStats()[0].GetName() != model {
		return fmt.Errorf("statistics %v: %w", s, err)
	}
	if version != "" && s.GetModelStats()[0].GetVersion() != version {
		return fmt.Errorf("statistics of version %s", s.GetModelStats()[0].GetVersion())
	}
	resp, err := r.grpc.ModelInfer(ctx, versioned(model, version))
	if err != nil || !strings.HasSuffix(string(resp.GetRawOutputContents()[0]), want) {
		return fmt.Errorf("answer %v: %w", resp, err)
	}
	return nil
}
