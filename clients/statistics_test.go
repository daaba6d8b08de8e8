package clients_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

func TestC01StatisticsAreTheServersOwn(t *testing.T) {
	t.Parallel()
	own := []*pb.ModelStatistics{{Name: "m", Version: "3", InferenceCount: 7}}
	s := connect(t, &fake{stats: append(own, &pb.ModelStatistics{Name: "hidden"})}, clients.Options{Models: []string{"m"}})
	all, err := s.Statistics(t.Context())
	if diff := cmp.Diff(own, all, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestC01RequestsAreCountedForServersThatDoNot(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := connect(t, f, clients.Options{Models: []string{"m"}})
	for range 2 { // each time found anew, as the gateway does
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Fatal(err)
		}
	}
	f.infer = func(context.Context, []byte) ([]byte, error) { return nil, status.Error(codes.Internal, "broken") }
	_ = call(t.Context(), t, s.Model("m"))
	_ = gather(t.Context(), s.Model("m"), request(t, 1)) // which is asked once
	_ = call(t.Context(), t, s.Model("hidden"))
	second, err := s.Model("m").Version("2")
	if err != nil {
		t.Fatal(err)
	}
	_ = call(t.Context(), t, second) // of which nothing is known until it answers
	f.infer = nil
	_ = call(t.Context(), t, second)
	for name, tt := range map[string]struct {
		ask           func(context.Context) ([]*pb.ModelStatistics, error)
		versions      []string
		success, fail uint64
	}{
		"the model":  {s.Model("m").Statistics, []string{"1"}, 2, 2},
		"a version":  {second.Statistics, []string{"2"}, 1, 0},
		"the server": {s.Statistics, []string{"1", "2"}, 2, 2},
	} {
		all, err := tt.ask(t.Context())
		if err != nil || len(all) != len(tt.versions) {
			t.Fatalf("%s: %v %v", name, all, err)
		}
		for i, version := range tt.versions {
			if all[i].GetName() != "m" || all[i].GetVersion() != version {
				t.Errorf("%s: %v", name, all[i])
			}
		}
		first := all[0].GetInferenceStats()
		if first.GetSuccess().GetCount() != tt.success || first.GetFail().GetCount() != tt.fail {
			t.Errorf("%s: %v", name, first)
		}
	}
}

func TestC01NothingIsCountedOfAVersionThatThereIsNot(t *testing.T) {
	t.Parallel()
	f := versions("something")
	f.stats = nil
	unknown, err := connect(t, f, clients.Options{}).Model("m").Version("9")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unknown.Statistics(t.Context()); infer.CodeOf(err) != codes.NotFound {
		t.Errorf("error %v", err)
	}
}

func TestC01ConfigurationsAreTheServersOwn(t *testing.T) {
	t.Parallel()
	want := &pb.ModelConfig{Name: "m", MaxBatchSize: 8, Backend: "python"}
	f := &fake{config: &pb.ModelConfigResponse{Config: want}}
	s := connect(t, f, clients.Options{Connections: 1})
	for range 2 {
		got, err := s.Model("m").Config(t.Context())
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	if n := f.configs.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestC01ConfigurationsOfMetadata(t *testing.T) {
	t.Parallel()
	f := &fake{metadata: func(string) ([]byte, error) {
		return proto.Marshal(&pb.ModelMetadataResponse{Name: "m", Inputs: []*pb.ModelMetadataResponse_TensorMetadata{{Name: "x", Datatype: "BYTES", Shape: []int64{-1}}}})
	}}
	got, err := connect(t, f, clients.Options{}).Model("m").Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []*pb.ModelInput{{Name: "x", DataType: pb.DataType_TYPE_STRING, Dims: []int64{-1}}}
	if diff := cmp.Diff(want, got.GetInput(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestConfigurationsAreBounded(t *testing.T) {
	t.Parallel()
	many := &pb.ModelConfig{}
	for range 20_000 {
		many.Input = append(many.Input, &pb.ModelInput{})
	}
	for name, tt := range map[string]struct {
		reply *pb.ModelConfigResponse
		want  codes.Code
	}{
		"many fields": {&pb.ModelConfigResponse{Config: many}, codes.Internal},
		"many bytes":  {&pb.ModelConfigResponse{Config: &pb.ModelConfig{Name: string(make([]byte, 2<<20))}}, codes.ResourceExhausted},
		"nothing":     {&pb.ModelConfigResponse{}, codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{config: tt.reply}
			s := openUncounted(t, clients.Options{Targets: []string{f.start(t)}}) // grpc-go drops what it has read
			if _, err := s.Model("m").Config(t.Context()); infer.CodeOf(err) != tt.want {
				t.Errorf("error %v", err)
			}
		})
	}
}
