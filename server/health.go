package server

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// watchInterval is how often a watched readiness is looked at; the beginning of a drain is told at once.
const watchInterval = time.Second

// health is grpc.health.v1 on top of readiness, for "" and for the inference service.
type health struct {
	grpc_health_v1.UnimplementedHealthServer

	readiness *readiness
}

var _ grpc_health_v1.HealthServer = (*health)(nil)

// Check implements the RPC; NOT_FOUND for other services.
func (h *health) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	status := h.status(ctx, req.GetService())
	if status == grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN {
		return nil, infer.Errorf(codes.NotFound, "service %q is not served here; ask for \"\" or %q",
			clip(req.GetService(), maxName), inferenceService())
	}
	return &grpc_health_v1.HealthCheckResponse{Status: status}, nil
}

// List implements the RPC.
func (h *health) List(ctx context.Context, _ *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	resp := &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx, "")}
	return &grpc_health_v1.HealthListResponse{
		Statuses: map[string]*grpc_health_v1.HealthCheckResponse{"": resp, inferenceService(): resp},
	}, nil
}

// Watch implements the RPC: the status, and each change of it, until the server stops.
func (h *health) Watch(req *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	ctx := stream.Context()
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	draining := h.readiness.draining
	sent := grpc_health_v1.HealthCheckResponse_ServingStatus(-1)
	for {
		if status := h.status(ctx, req.GetService()); status != sent {
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: status}); err != nil {
				return err
			}
			sent = status
		}
		select {
		case <-draining:
			draining = nil
		case <-h.readiness.stopping:
			return infer.Errorf(codes.Unavailable, "the server is shutting down")
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *health) status(ctx context.Context, service string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	switch {
	case service != "" && service != inferenceService():
		return grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
	case h.readiness.check(ctx) != nil:
		return grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_SERVING
}

func inferenceService() string { return inferencepb.GRPCInferenceService_ServiceDesc.ServiceName }
