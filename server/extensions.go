package server

import (
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// extensions are Triton's names of what is fully served beyond the protocol. Clients call what is listed, and perf_analyzer
// aborts when an answer is not complete, so nothing is listed by halves.
func extensions() []string { return []string{"binary_tensor_data"} }

// extensionOf is the extension that an RPC belongs to; empty for the protocol's own.
func extensionOf(rpc string) string {
	switch rpc {
	case "ModelStreamInfer":
		return "streaming"
	case "ModelConfig":
		return "model_configuration"
	case "ModelStatistics":
		return "statistics"
	case "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload":
		return "model_repository"
	case "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister":
		return "system_shared_memory"
	case "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister":
		return "cuda_shared_memory"
	case "TraceSetting":
		return "trace"
	case "LogSettings":
		return "logging"
	}
	return ""
}

func notServed(rpc string) error {
	return infer.Errorf(codes.Unimplemented, "%s: the extension %s is not served here", rpc, extensionOf(rpc))
}
