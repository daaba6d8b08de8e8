package server_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// served are the extensions that are always there.
func served() []string {
	return []string{"classification", "sequence", "model_configuration", "binary_tensor_data", "parameters", "statistics"}
}

// closable are the RPCs of extensions that can be opened, and the field that opens them.
func closable() map[string]string {
	return map[string]string{
		"RepositoryModelLoad": "modelRepository", "RepositoryModelUnload": "modelRepository",
		"SystemSharedMemoryStatus": "systemSharedMemory", "SystemSharedMemoryRegister": "systemSharedMemory",
		"SystemSharedMemoryUnregister": "systemSharedMemory", "CudaSharedMemoryStatus": "cudaSharedMemory",
		"CudaSharedMemoryRegister": "cudaSharedMemory", "CudaSharedMemoryUnregister": "cudaSharedMemory",
		"TraceSetting": "trace", "LogSettings": "logging",
	}
}

// modelServer records what it is asked.
type modelServer struct {
	method string
	req    proto.Message
	err    error
}

func (s *modelServer) Administer(_ context.Context, method string, req, reply proto.Message) error {
	s.method, s.req = method, proto.Clone(req)
	if trace, ok := reply.(*inferencepb.TraceSettingResponse); ok {
		trace.Settings = map[string]*inferencepb.TraceSettingResponse_SettingValue{"trace_rate": {Value: []string{"1"}}}
	}
	return s.err
}

// TestEveryRPCIsServed: all 20 are there, and those that change a model server say what opens them.
func TestEveryRPCIsServed(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	service := inferencepb.File_inference_inference_proto.Services().Get(0)
	if n := service.Methods().Len(); n != 20 {
		t.Errorf("%d RPCs, want 20", n)
	}
	for i := range service.Methods().Len() {
		name := string(service.Methods().Get(i).Name())
		err := g.conn.Invoke(t.Context(), "/inference.GRPCInferenceService/"+name, &inferencepb.ServerLiveRequest{}, &inferencepb.ServerLiveRequest{})
		if status.Code(err) == codes.Unimplemented {
			t.Errorf("%s: %v", name, err)
		}
		field, closed := closable()[name]
		if closed != (status.Code(err) == codes.PermissionDenied) {
			t.Errorf("%s: %v, is closed: %v", name, err, closed)
		}
		if closed && !strings.Contains(err.Error(), "spec.extensions."+field+" of the Gateway resource opens it") {
			t.Errorf("%s: %v does not say what opens it", name, err)
		}
	}
}

// TestExtensionsAreOpenedForOneServer: each by its own field, for the server that this names, and listed then.
func TestExtensionsAreOpenedForOneServer(t *testing.T) {
	t.Parallel()
	open := map[string]func(*server.Extensions){
		"modelRepository":    func(e *server.Extensions) { e.ModelRepository = "triton" },
		"systemSharedMemory": func(e *server.Extensions) { e.SystemSharedMemory = "triton" },
		"cudaSharedMemory":   func(e *server.Extensions) { e.CudaSharedMemory = "triton" },
		"trace":              func(e *server.Extensions) { e.Trace = "triton" },
		"logging":            func(e *server.Extensions) { e.Logging = "triton" },
	}
	listed := map[string][]string{
		"modelRepository":    {"model_repository", "model_repository(unload_dependents)"},
		"systemSharedMemory": {"system_shared_memory"}, "cudaSharedMemory": {"cuda_shared_memory"},
		"trace": {"trace"}, "logging": {"logging"},
	}
	for field, set := range open {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			triton, other := &modelServer{}, &modelServer{}
			g := start(t, &catalog{models: models(), servers: map[string]server.Administrator{"triton": triton, "other": other}},
				func(o *server.Options, _ *server.Deps) { set(&o.Extensions) })
			for name, of := range closable() {
				triton.method = ""
				req := &inferencepb.RepositoryModelLoadRequest{ModelName: "m"} // field 2 of all but the shared memory's is text or unknown
				if strings.Contains(name, "SharedMemory") || name == "LogSettings" {
					req.ModelName = ""
				}
				err := invoke(t.Context(), g.conn, name, req)
				if want := of == field; want != (err == nil) || want != (triton.method == "/inference.GRPCInferenceService/"+name) {
					t.Errorf("%s: %v, called %q; open: %v", name, err, triton.method, want)
				}
			}
			if other.method != "" {
				t.Errorf("%s went to another server", other.method)
			}
			metadata, err := g.client.ServerMetadata(t.Context(), &inferencepb.ServerMetadataRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(served(), listed[field]...), metadata.GetExtensions()); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func invoke(ctx context.Context, conn *grpc.ClientConn, rpc string, req proto.Message) error {
	return conn.Invoke(ctx, "/inference.GRPCInferenceService/"+rpc, req, &inferencepb.RepositoryModelLoadResponse{})
}

func TestOpenedExtensionsPassMessagesAndErrors(t *testing.T) {
	t.Parallel()
	triton := &modelServer{}
	g := start(t, &catalog{models: models(), servers: map[string]server.Administrator{"triton": triton}},
		func(o *server.Options, _ *server.Deps) {
			o.Extensions = server.Extensions{ModelRepository: "triton", Trace: "triton", Logging: "gone"}
		})
	load := &inferencepb.RepositoryModelLoadRequest{ModelName: "m", Parameters: map[string]*inferencepb.ModelRepositoryParameter{
		"config": {ParameterChoice: &inferencepb.ModelRepositoryParameter_StringParam{StringParam: "{}"}},
	}}
	if _, err := g.client.RepositoryModelLoad(t.Context(), load); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(proto.Message(load), triton.req, protocmp.Transform()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	trace, err := g.client.TraceSetting(t.Context(), &inferencepb.TraceSettingRequest{})
	if err != nil || trace.GetSettings()["trace_rate"].GetValue()[0] != "1" {
		t.Errorf("%v, %v", trace, err)
	}
	if _, err := g.client.RepositoryModelUnload(t.Context(), &inferencepb.RepositoryModelUnloadRequest{ModelName: "../m"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a name with a path: %v, want INVALID_ARGUMENT", err)
	}
	triton.err = infer.Errorf(codes.Unavailable, "explicit model load / unload is not allowed")
	if _, err := g.client.RepositoryModelLoad(t.Context(), load); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "explicit model load") {
		t.Errorf("%v, want the server's own error", err)
	}
	_, err = g.client.LogSettings(t.Context(), &inferencepb.LogSettingsRequest{})
	if want := `spec.extensions.logging of the Gateway resource: there is no ModelServer "gone"`; status.Convert(err).Message() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestOptionsNameServersAndForms(t *testing.T) {
	t.Parallel()
	faults := errors.Join(server.Options{Outputs: "json", Extensions: server.Extensions{Trace: "a/b"}}.Validate()...)
	for _, want := range []string{`outputs: "json" is neither raw nor mirror`, `extensions.trace: "a/b" is not the name of a ModelServer`} {
		if faults == nil || !strings.Contains(faults.Error(), want) {
			t.Errorf("%v, want %q", faults, want)
		}
	}
	if faults := (server.Options{Outputs: "mirror", Extensions: server.Extensions{Trace: "a"}}).Validate(); len(faults) != 0 {
		t.Error(faults)
	}
}
