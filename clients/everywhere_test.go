package clients_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

func times(count, ns uint64) *pb.StatisticDuration {
	return &pb.StatisticDuration{Count: count, Ns: ns}
}

// perf_analyzer subtracts what it reads after a measurement from what it read before.
func TestC01StatisticsOfReplicasAreAddedUp(t *testing.T) {
	t.Parallel()
	one := &fake{stats: []*pb.ModelStatistics{
		{
			Name: "m", Version: "1", LastInference: 9, InferenceCount: 5, ExecutionCount: 4,
			InferenceStats: &pb.InferStatistics{Success: times(5, 50), Queue: times(5, 7)},
			BatchStats:     []*pb.InferBatchStatistics{{BatchSize: 1, ComputeInfer: times(4, 40)}, {BatchSize: 4, ComputeInfer: times(1, 9)}},
			ResponseStats:  map[string]*pb.InferResponseStatistics{"0": {Success: times(1, 2)}},
			MemoryUsage:    []*pb.MemoryUsage{{Type: "CPU", ByteSize: 1}},
		},
		{Name: "m", Version: "2", InferenceCount: 1},
	}}
	two := &fake{stats: []*pb.ModelStatistics{
		{Name: "m", Version: "2", InferenceCount: 3, InferenceStats: &pb.InferStatistics{Fail: times(1, 1)}},
		{
			Name: "m", Version: "1", LastInference: 7, InferenceCount: 2, ExecutionCount: 2,
			InferenceStats: &pb.InferStatistics{Success: times(2, 20), Fail: times(1, 3)},
			BatchStats:     []*pb.InferBatchStatistics{{BatchSize: 1, ComputeInfer: times(1, 10)}, {BatchSize: 2, ComputeInput: times(1, 5)}},
			ResponseStats:  map[string]*pb.InferResponseStatistics{"0": {Success: times(1, 3)}, "1": {Cancel: times(1, 1)}},
		},
	}}
	want := []*pb.ModelStatistics{
		{
			Name: "m", Version: "1", LastInference: 9, InferenceCount: 7, ExecutionCount: 6,
			InferenceStats: &pb.InferStatistics{Success: times(7, 70), Queue: times(5, 7), Fail: times(1, 3)},
			BatchStats: []*pb.InferBatchStatistics{
				{BatchSize: 1, ComputeInfer: times(5, 50)}, {BatchSize: 2, ComputeInput: times(1, 5)}, {BatchSize: 4, ComputeInfer: times(1, 9)},
			},
			ResponseStats: map[string]*pb.InferResponseStatistics{"0": {Success: times(2, 5)}, "1": {Cancel: times(1, 1)}},
			MemoryUsage:   []*pb.MemoryUsage{{Type: "CPU", ByteSize: 1}},
		},
		{Name: "m", Version: "2", InferenceCount: 4, InferenceStats: &pb.InferStatistics{Fail: times(1, 1)}},
	}
	gone := "unix:" + socket(t) // a replica that is away does not take away what the others tell
	s := open(t, clients.Options{Targets: []string{gone, one.start(t), two.start(t)}})
	for range 2 {
		got, err := s.Model("m").Statistics(t.Context())
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

func TestC01EveryReplicaIsAdministered(t *testing.T) {
	t.Parallel()
	var loaded atomic.Int32
	replica := func(err error) *fake {
		return &fake{about: &pb.ServerMetadataResponse{Name: "triton"}, loads: func([]byte) ([]byte, error) {
			loaded.Add(1)
			return nil, err
		}}
	}
	for name, tt := range map[string]struct {
		second error
		want   codes.Code
	}{
		"all do": {nil, codes.OK}, "one does not": {status.Error(codes.Internal, "no room"), codes.Internal},
	} {
		loaded.Store(0)
		s := open(t, clients.Options{Targets: []string{replica(nil).start(t), replica(tt.second).start(t), replica(nil).start(t)}})
		err := s.Administer(t.Context(), load, &pb.RepositoryModelLoadRequest{ModelName: "cat"}, &pb.RepositoryModelLoadResponse{})
		if infer.CodeOf(err) != tt.want || loaded.Load() != 3 {
			t.Errorf("%s: error %v, %d were asked", name, err, loaded.Load())
		}
	}
}
