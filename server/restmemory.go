package server

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// memoryRoutes are the shared memory extensions. Source: Triton, "Shared-Memory Extension".
func (e *rest) memoryRoutes() []route {
	return append(
		e.regionRoutes("/v2/systemsharedmemory",
			controlCall{rpc: "SystemSharedMemoryStatus", request: systemStatus, reply: &inferencepb.SystemSharedMemoryStatusResponse{}, answer: systemRegions},
			controlCall{rpc: "SystemSharedMemoryRegister", request: systemRegister, reply: &inferencepb.SystemSharedMemoryRegisterResponse{}, bodied: true},
			controlCall{rpc: "SystemSharedMemoryUnregister", request: systemUnregister, reply: &inferencepb.SystemSharedMemoryUnregisterResponse{}}),
		e.regionRoutes("/v2/cudasharedmemory",
			controlCall{rpc: "CudaSharedMemoryStatus", request: cudaStatus, reply: &inferencepb.CudaSharedMemoryStatusResponse{}, answer: cudaRegions},
			controlCall{rpc: "CudaSharedMemoryRegister", request: cudaRegister, reply: &inferencepb.CudaSharedMemoryRegisterResponse{}, bodied: true},
			controlCall{rpc: "CudaSharedMemoryUnregister", request: cudaUnregister, reply: &inferencepb.CudaSharedMemoryUnregisterResponse{}})...)
}

func (e *rest) regionRoutes(prefix string, status, register, unregister controlCall) []route {
	return []route{
		{http.MethodGet, prefix + "/status", e.control(status)},
		{http.MethodGet, prefix + "/region/{region}/status", e.control(status)},
		{http.MethodPost, prefix + "/region/{region}/register", e.control(register)},
		{http.MethodPost, prefix + "/region/{region}/unregister", e.control(unregister)},
		{http.MethodPost, prefix + "/unregister", e.control(unregister)},
	}
}

func systemStatus(path map[string]string, _ object) (proto.Message, error) {
	return &inferencepb.SystemSharedMemoryStatusRequest{Name: path["region"]}, nil
}

func systemUnregister(path map[string]string, _ object) (proto.Message, error) {
	return &inferencepb.SystemSharedMemoryUnregisterRequest{Name: path["region"]}, nil
}

func systemRegister(path map[string]string, body object) (proto.Message, error) {
	req := &inferencepb.SystemSharedMemoryRegisterRequest{Name: path["region"]}
	return req, cmp.Or(
		take(body, "key", aString, &req.Key),
		take(body, "offset", unsigned, &req.Offset),
		take(body, "byte_size", unsigned, &req.ByteSize),
		body.has("key", "byte_size"))
}

// systemRegions is the list of regions, by name.
func systemRegions(reply proto.Message) []byte {
	regions := reply.(*inferencepb.SystemSharedMemoryStatusResponse).GetRegions()
	return appendMessages(nil, inOrder(regions))
}

func cudaStatus(path map[string]string, _ object) (proto.Message, error) {
	return &inferencepb.CudaSharedMemoryStatusRequest{Name: path["region"]}, nil
}

func cudaUnregister(path map[string]string, _ object) (proto.Message, error) {
	return &inferencepb.CudaSharedMemoryUnregisterRequest{Name: path["region"]}, nil
}

func cudaRegister(path map[string]string, body object) (proto.Message, error) {
	req := &inferencepb.CudaSharedMemoryRegisterRequest{Name: path["region"]}
	var handle object
	if err := take(body, "raw_handle", anObject, &handle); err != nil {
		return nil, err
	}
	return req, cmp.Or(
		take(handle, "b64", "base64", &req.RawHandle),
		take(body, "device_id", anInteger, &req.DeviceId),
		take(body, "byte_size", unsigned, &req.ByteSize),
		body.has("raw_handle", "device_id", "byte_size"))
}

// cudaRegions is the list of regions, by name.
func cudaRegions(reply proto.Message) []byte {
	regions := reply.(*inferencepb.CudaSharedMemoryStatusResponse).GetRegions()
	return appendMessages(nil, inOrder(regions))
}

// inOrder are the values of m in order of their keys.
func inOrder[V any](m map[string]V) []V {
	values := make([]V, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		values = append(values, m[key])
	}
	return values
}
