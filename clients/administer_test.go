package clients_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

const (
	load   = pb.GRPCInferenceService_RepositoryModelLoad_FullMethodName
	unload = pb.GRPCInferenceService_RepositoryModelUnload_FullMethodName
)

// kserve021 has loaded or unloaded the model when it fails to say so.
func kserve021(ready func(string) (bool, error)) *fake {
	return &fake{
		about: &pb.ServerMetadataResponse{Name: "kserve"},
		loads: func([]byte) ([]byte, error) { return nil, status.Error(codes.Internal, "Internal server error") },
		ready: ready,
	}
}

func TestT03KServeLoadsInItsOwnWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, repository string
		fake             *fake
		want             string // model_name is field 1 to KServe, and 2 to Triton
	}{
		{"kserve", "", &fake{about: &pb.ServerMetadataResponse{Name: "kserve"}}, "\x0a\x03cat"},
		{"triton", "", &fake{about: &pb.ServerMetadataResponse{Name: "triton"}}, "\x12\x03cat"},
		{"a repository, of which KServe has none", "r", &fake{about: &pb.ServerMetadataResponse{Name: "kserve"}}, "\x0a\x01r\x12\x03cat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tt.fake.loads = func(request []byte) ([]byte, error) {
				got = append(got, string(request))
				return nil, nil
			}
			s := connect(t, tt.fake, clients.Options{})
			if err := s.Administer(t.Context(), load, &pb.RepositoryModelLoadRequest{RepositoryName: tt.repository, ModelName: "cat"}, &pb.RepositoryModelLoadResponse{}); err != nil {
				t.Error(err)
			}
			if err := s.Administer(t.Context(), unload, &pb.RepositoryModelUnloadRequest{RepositoryName: tt.repository, ModelName: "cat"}, &pb.RepositoryModelUnloadResponse{}); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{tt.want, tt.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT03KServeFailsToSayThatItLoaded(t *testing.T) {
	t.Parallel()
	is := func(ready bool, err error) func(string) (bool, error) {
		return func(string) (bool, error) { return ready, err }
	}
	gone := status.Error(codes.NotFound, "Model with name cat does not exist.")
	for _, tt := range []struct {
		name   string
		method string
		ready  func(string) (bool, error)
		want   codes.Code
	}{
		{"loaded", load, is(true, nil), codes.OK},
		{"not loaded", load, is(false, nil), codes.Internal},
		{"there is none", load, is(false, gone), codes.Internal},
		{"unloaded", unload, is(false, gone), codes.OK},
		{"still there", unload, is(true, nil), codes.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var req, reply proto.Message = &pb.RepositoryModelLoadRequest{ModelName: "cat"}, &pb.RepositoryModelLoadResponse{}
			if tt.method == unload {
				req, reply = &pb.RepositoryModelUnloadRequest{ModelName: "cat"}, &pb.RepositoryModelUnloadResponse{}
			}
			err := connect(t, kserve021(tt.ready), clients.Options{}).Administer(t.Context(), tt.method, req, reply)
			if infer.CodeOf(err) != tt.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestT03TheReplicaThatFailsToSayIsAskedItself: another may have done as it was told.
func TestT03TheReplicaThatFailsToSayIsAskedItself(t *testing.T) {
	t.Parallel()
	does := &fake{
		about: &pb.ServerMetadataResponse{Name: "kserve"},
		loads: func([]byte) ([]byte, error) { return nil, nil },
		ready: func(string) (bool, error) { return true, nil },
	}
	fails := kserve021(func(string) (bool, error) { return false, nil })
	s := open(t, clients.Options{Targets: []string{does.start(t), fails.start(t)}})
	for range 8 {
		err := s.Administer(t.Context(), load, &pb.RepositoryModelLoadRequest{ModelName: "cat"}, &pb.RepositoryModelLoadResponse{})
		if infer.CodeOf(err) != codes.Internal {
			t.Errorf("error %v", err)
		}
	}
	if n := does.readies.Load(); n != 0 {
		t.Errorf("the other replica was asked %d times", n)
	}
}

func TestRepliesOfTheServerAreBounded(t *testing.T) {
	t.Parallel()
	f := &fake{loads: func([]byte) ([]byte, error) { return make([]byte, 8<<20), nil }}
	s := openUncounted(t, clients.Options{Targets: []string{f.start(t)}}) // grpc-go drops what it has read
	err := s.Administer(t.Context(), load, &pb.RepositoryModelLoadRequest{ModelName: "cat"}, &pb.RepositoryModelLoadResponse{})
	if infer.CodeOf(err) != codes.ResourceExhausted {
		t.Errorf("error %v", err)
	}
}
