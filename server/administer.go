package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// administer passes a call of an extension to the one server that it is open for, and fills reply in; describe has refused it where
// the extension is closed.
func (c *control) administer(ctx context.Context, rpc string, req, reply proto.Message) error {
	x, _ := c.extensions.of(rpc)
	s, err := c.catalog.Server(x.server)
	if err != nil {
		return infer.At("spec.extensions."+x.field+" of the Gateway resource", err)
	}
	return s.Administer(ctx, fullMethod(rpc), req, reply)
}

// administerModel is administer for a call that names a model.
func (c *control) administerModel(ctx context.Context, rpc, model string, req, reply proto.Message) error {
	if err := checkName(model, ""); err != nil {
		return err
	}
	callOf(ctx).model = model
	return c.administer(ctx, rpc, req, reply)
}

// RepositoryModelLoad implements the RPC.
func (c *control) RepositoryModelLoad(ctx context.Context, req *inferencepb.RepositoryModelLoadRequest) (*inferencepb.RepositoryModelLoadResponse, error) {
	reply := &inferencepb.RepositoryModelLoadResponse{}
	return reply, c.administerModel(ctx, "RepositoryModelLoad", req.GetModelName(), req, reply)
}

// RepositoryModelUnload implements the RPC.
func (c *control) RepositoryModelUnload(ctx context.Context, req *inferencepb.RepositoryModelUnloadRequest) (*inferencepb.RepositoryModelUnloadResponse, error) {
	reply := &inferencepb.RepositoryModelUnloadResponse{}
	return reply, c.administerModel(ctx, "RepositoryModelUnload", req.GetModelName(), req, reply)
}

// SystemSharedMemoryStatus implements the RPC.
func (c *control) SystemSharedMemoryStatus(ctx context.Context, req *inferencepb.SystemSharedMemoryStatusRequest) (*inferencepb.SystemSharedMemoryStatusResponse, error) {
	reply := &inferencepb.SystemSharedMemoryStatusResponse{}
	return reply, c.administer(ctx, "SystemSharedMemoryStatus", req, reply)
}

// SystemSharedMemoryRegister implements the RPC.
func (c *control) SystemSharedMemoryRegister(ctx context.Context, req *inferencepb.SystemSharedMemoryRegisterRequest) (*inferencepb.SystemSharedMemoryRegisterResponse, error) {
	reply := &inferencepb.SystemSharedMemoryRegisterResponse{}
	return reply, c.administer(ctx, "SystemSharedMemoryRegister", req, reply)
}

// SystemSharedMemoryUnregister implements the RPC.
func (c *control) SystemSharedMemoryUnregister(ctx context.Context, req *inferencepb.SystemSharedMemoryUnregisterRequest) (*inferencepb.SystemSharedMemoryUnregisterResponse, error) {
	reply := &inferencepb.SystemSharedMemoryUnregisterResponse{}
	return reply, c.administer(ctx, "SystemSharedMemoryUnregister", req, reply)
}

// CudaSharedMemoryStatus implements the RPC.
func (c *control) CudaSharedMemoryStatus(ctx context.Context, req *inferencepb.CudaSharedMemoryStatusRequest) (*inferencepb.CudaSharedMemoryStatusResponse, error) {
	reply := &inferencepb.CudaSharedMemoryStatusResponse{}
	return reply, c.administer(ctx, "CudaSharedMemoryStatus", req, reply)
}

// CudaSharedMemoryRegister implements the RPC.
func (c *control) CudaSharedMemoryRegister(ctx context.Context, req *inferencepb.CudaSharedMemoryRegisterRequest) (*inferencepb.CudaSharedMemoryRegisterResponse, error) {
	reply := &inferencepb.CudaSharedMemoryRegisterResponse{}
	return reply, c.administer(ctx, "CudaSharedMemoryRegister", req, reply)
}

// CudaSharedMemoryUnregister implements the RPC.
func (c *control) CudaSharedMemoryUnregister(ctx context.Context, req *inferencepb.CudaSharedMemoryUnregisterRequest) (*inferencepb.CudaSharedMemoryUnregisterResponse, error) {
	reply := &inferencepb.CudaSharedMemoryUnregisterResponse{}
	return reply, c.administer(ctx, "CudaSharedMemoryUnregister", req, reply)
}

// TraceSetting implements the RPC.
func (c *control) TraceSetting(ctx context.Context, req *inferencepb.TraceSettingRequest) (*inferencepb.TraceSettingResponse, error) {
	reply := &inferencepb.TraceSettingResponse{}
	return reply, c.administer(ctx, "TraceSetting", req, reply)
}

// LogSettings implements the RPC.
func (c *control) LogSettings(ctx context.Context, req *inferencepb.LogSettingsRequest) (*inferencepb.LogSettingsResponse, error) {
	reply := &inferencepb.LogSettingsResponse{}
	return reply, c.administer(ctx, "LogSettings", req, reply)
}
