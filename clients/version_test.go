package clients_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// versions is a server whose model m has the versions 1 and 2.
func versions(name string) *fake {
	f := &fake{about: &pb.ServerMetadataResponse{Name: name}, config: &pb.ModelConfigResponse{Config: &pb.ModelConfig{Name: "m"}}}
	f.version = func(_, model, version string) error {
		if version != "" && version != "1" && version != "2" {
			return status.Error(codes.NotFound, "Request for unknown model: '"+model+"' version "+version+" is not found")
		}
		return nil
	}
	f.metadata = func(string) ([]byte, error) {
		return proto.Marshal(&pb.ModelMetadataResponse{Name: "m", Versions: []string{"1", "2"}})
	}
	f.ready = func(string) (bool, error) { return true, nil }
	f.stats = []*pb.ModelStatistics{{Name: "m"}}
	f.infer = func(_ context.Context, request []byte) ([]byte, error) {
		var req pb.ModelInferRequest
		if err := proto.Unmarshal(request, &req); err != nil {
			return nil, err
		}
		return proto.Marshal(&pb.ModelInferResponse{ModelName: "m", ModelVersion: req.GetModelVersion()})
	}
	return f
}

// everyQuestion asks all that can be asked about a model.
func everyQuestion(tb testing.TB, m infer.Model) map[string]error {
	tb.Helper()
	ctx := tb.Context()
	_, metadata := m.Metadata(ctx)
	_, config := m.Config(ctx)
	_, statistics := m.Statistics(ctx)
	return map[string]error{"metadata": metadata, "config": config, "statistics": statistics, "ready": m.Ready(ctx)}
}

func TestVersionsAreTheServersToKnow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		server, version string
		want            codes.Code
	}{
		{"triton", "2", codes.OK},
		{"triton", "9", codes.NotFound},
		{"triton", "1x", codes.InvalidArgument}, // which Triton takes for 1
		{"triton", "-1", codes.InvalidArgument},
		{"something", "v1", codes.InvalidArgument},
		{"mlserver", "v1", codes.NotFound}, // its versions are text
	} {
		t.Run(tt.server+" "+tt.version, func(t *testing.T) {
			t.Parallel()
			s := connect(t, versions(tt.server), clients.Options{})
			for question, err := range everyQuestion(t, s.Model("m")) { // what is remembered of it is not of its versions
				if err != nil {
					t.Errorf("%s: %v", question, err)
				}
			}
			m, err := s.Model("m").Version(tt.version)
			if err != nil {
				t.Fatal(err)
			}
			for question, err := range everyQuestion(t, m) {
				if infer.CodeOf(err) != tt.want {
					t.Errorf("%s: %v", question, err)
				}
			}
		})
	}
}

func TestInferAsksForTheVersion(t *testing.T) {
	t.Parallel()
	s := connect(t, versions("triton"), clients.Options{})
	for _, version := range []string{"", "2"} {
		m, err := s.Model("m").Version(version)
		if err != nil {
			t.Fatal(err)
		}
		response, err := m.Infer(t.Context(), request(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if got := response.ModelVersion(); got != version {
			t.Errorf("version %q answered, not %q", got, version)
		}
		response.Free()
	}
	bad, err := s.Model("m").Version("latest")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, call(t.Context(), t, bad), codes.InvalidArgument, `version "latest" of model "m" is not a whole number; leave it out for the latest`)
}

// To Triton, a version that there is none of is not ready.
func TestReadyOfAVersionThatThereIsNot(t *testing.T) {
	t.Parallel()
	f := versions("triton")
	f.ready = func(string) (bool, error) { return false, nil }
	unknown := f.version
	f.version = func(method, model, version string) error {
		if method == "ready" {
			return nil
		}
		return unknown(method, model, version)
	}
	s := connect(t, f, clients.Options{})
	for version, want := range map[string]codes.Code{"2": codes.Unavailable, "9": codes.NotFound} {
		m, err := s.Model("m").Version(version)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Ready(t.Context()); infer.CodeOf(err) != want {
			t.Errorf("version %s: %v", version, err)
		}
	}
}
