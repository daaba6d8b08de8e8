package server

import (
	"fmt"
	"iter"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// extension is one that is closed unless the Gateway resource opens it for a ModelServer.
type extension struct {
	name   string // Triton's
	field  string // of spec.extensions
	server string // which it is open for; "" is closed
}

// all are the extensions that can be opened, in the order of Triton's list.
func (e Extensions) all() []extension {
	return []extension{
		{"model_repository", "modelRepository", e.ModelRepository},
		{"system_shared_memory", "systemSharedMemory", e.SystemSharedMemory},
		{"cuda_shared_memory", "cudaSharedMemory", e.CudaSharedMemory},
		{"trace", "trace", e.Trace},
		{"logging", "logging", e.Logging},
	}
}

// served are Triton's names of what is fully served beyond the protocol. Clients call what is listed, and perf_analyzer aborts when
// an answer is not complete, so nothing is listed by halves.
func (e Extensions) served() []string {
	names := []string{"classification", "sequence", "model_configuration", "binary_tensor_data", "parameters", "statistics"}
	for _, x := range e.all() {
		if x.server != "" {
			names = append(names, x.name)
		}
	}
	if e.ModelRepository != "" {
		names = append(names, "model_repository(unload_dependents)")
	}
	return names
}

// Opened yields the fields of spec.extensions that are set, in the order of Triton's list, each with the ModelServer that it names.
func (e Extensions) Opened() iter.Seq2[string, string] {
	return func(yield func(field, server string) bool) {
		for _, x := range e.all() {
			if x.server != "" && !yield(x.field, x.server) {
				return
			}
		}
	}
}

// memory are the ModelServers that shared memory is open for, of either kind; clients do not tell which kind a region is of.
func (e Extensions) memory() []string {
	var servers []string
	for _, name := range []string{e.SystemSharedMemory, e.CudaSharedMemory} {
		if name != "" {
			servers = append(servers, name)
		}
	}
	return servers
}

func (e Extensions) faults() []error {
	var faults []error
	for _, x := range e.all() {
		if x.server != "" && !allowed(x.server) {
			faults = append(faults, fmt.Errorf("extensions.%s: %q is not the name of a ModelServer: 1 to %d letters, digits, '.', '_' and '-', the first a letter or digit",
				x.field, clip(x.server, maxName), maxName))
		}
	}
	return faults
}

// of is the extension that an RPC belongs to, and false for those that are always served.
func (e Extensions) of(rpc string) (extension, bool) {
	all := e.all()
	switch rpc {
	case "RepositoryModelLoad", "RepositoryModelUnload":
		return all[0], true
	case "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister":
		return all[1], true
	case "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister":
		return all[2], true
	case "TraceSetting":
		return all[3], true
	case "LogSettings":
		return all[4], true
	}
	return extension{}, false
}

// closed is the answer of an RPC of an extension that is not open.
func (x extension) closed(rpc string) error {
	return infer.Errorf(codes.PermissionDenied,
		"%s: the extension %s is closed here; spec.extensions.%s of the Gateway resource opens it for the ModelServer that it names",
		rpc, x.name, x.field)
}

func fullMethod(rpc string) string {
	return "/" + inferencepb.GRPCInferenceService_ServiceDesc.ServiceName + "/" + rpc
}
