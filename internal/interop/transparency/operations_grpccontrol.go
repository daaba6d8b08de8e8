package transparency

import (
	"context"
	"strings"

	health "google.golang.org/grpc/health/grpc_health_v1"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

func rpcControls() []Operation {
	all := called{
		"live":                 {method: "ServerLive", request: &pb.ServerLiveRequest{}, reply: &pb.ServerLiveResponse{}},
		"ready":                {method: "ServerReady", request: &pb.ServerReadyRequest{}, reply: &pb.ServerReadyResponse{}},
		"server":               {method: "ServerMetadata", request: &pb.ServerMetadataRequest{}, reply: &pb.ServerMetadataResponse{}},
		"index":                {method: "RepositoryIndex", request: &pb.RepositoryIndexRequest{}, reply: &pb.RepositoryIndexResponse{}},
		"index of ready":       {method: "RepositoryIndex", request: &pb.RepositoryIndexRequest{Ready: true}, reply: &pb.RepositoryIndexResponse{}},
		"index of a name":      {method: "RepositoryIndex", request: &pb.RepositoryIndexRequest{RepositoryName: "r"}, reply: &pb.RepositoryIndexResponse{}},
		"load":                 {method: "RepositoryModelLoad", request: &pb.RepositoryModelLoadRequest{ModelName: "simple"}, reply: &pb.RepositoryModelLoadResponse{}},
		"unload":               {method: "RepositoryModelUnload", request: &pb.RepositoryModelUnloadRequest{ModelName: "simple"}, reply: &pb.RepositoryModelUnloadResponse{}},
		"system memory":        {method: "SystemSharedMemoryStatus", request: &pb.SystemSharedMemoryStatusRequest{}, reply: &pb.SystemSharedMemoryStatusResponse{}},
		"system memory, to":    {method: "SystemSharedMemoryRegister", request: &pb.SystemSharedMemoryRegisterRequest{Name: "r", Key: "/k", ByteSize: 1}, reply: &pb.SystemSharedMemoryRegisterResponse{}},
		"system memory, from":  {method: "SystemSharedMemoryUnregister", request: &pb.SystemSharedMemoryUnregisterRequest{}, reply: &pb.SystemSharedMemoryUnregisterResponse{}},
		"cuda memory":          {method: "CudaSharedMemoryStatus", request: &pb.CudaSharedMemoryStatusRequest{}, reply: &pb.CudaSharedMemoryStatusResponse{}},
		"cuda memory, to":      {method: "CudaSharedMemoryRegister", request: &pb.CudaSharedMemoryRegisterRequest{Name: "r", RawHandle: []byte("h"), ByteSize: 1}, reply: &pb.CudaSharedMemoryRegisterResponse{}},
		"cuda memory, from":    {method: "CudaSharedMemoryUnregister", request: &pb.CudaSharedMemoryUnregisterRequest{}, reply: &pb.CudaSharedMemoryUnregisterResponse{}},
		"trace":                {method: "TraceSetting", request: &pb.TraceSettingRequest{}, reply: &pb.TraceSettingResponse{}},
		"log":                  {method: "LogSettings", request: &pb.LogSettingsRequest{}, reply: &pb.LogSettingsResponse{}},
		"nothing":              {method: "Nothing", request: &pb.ServerLiveRequest{}, reply: &pb.ServerLiveResponse{}},
		"metadata, no message": {method: "ModelMetadata", raw: []byte("\xff"), reply: &pb.ModelMetadataResponse{}},
	}
	for _, m := range []struct{ name, version string }{
		{"simple", ""},
		{"simple", "1"},
		{"identity", ""},
		{"identity_batched", ""},
		{"label", ""},
		{"chain", ""},
		{"two", ""},
		{"two", "1"},
		{"two", "9"},
		{"two", "x"},
		{"repeat", ""},
		{"llm", ""},
		{"sequence", ""},
		{"sequence_text", ""},
		{"extremes", ""},
		{"broken", ""},
		{"nobody", ""},
		{"", ""},
	} {
		name := strings.Trim(m.name+" "+m.version, " ")
		all["ready of "+name] = rpc{method: "ModelReady", request: &pb.ModelReadyRequest{Name: m.name, Version: m.version}, reply: &pb.ModelReadyResponse{}}
		all["metadata of "+name] = rpc{method: "ModelMetadata", request: &pb.ModelMetadataRequest{Name: m.name, Version: m.version}, reply: &pb.ModelMetadataResponse{}}
		all["config of "+name] = rpc{method: "ModelConfig", request: &pb.ModelConfigRequest{Name: m.name, Version: m.version}, reply: &pb.ModelConfigResponse{}}
	}
	return append(all.operations("control"), checkHealth())
}

func checkHealth() Operation {
	return Operation{Name: "grpc/control/health", Do: func(ctx context.Context, target Target) Observation {
		answer, err := health.NewHealthClient(target.GRPC).Check(ctx, &health.HealthCheckRequest{})
		o := ending(err)
		o["status of the server"] = answer.GetStatus().String()
		return o
	}}
}
