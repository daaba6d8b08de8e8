package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
)

func TestP13HealthCheck(t *testing.T) {
	t.Parallel()
	var fault error
	g := start(t, &catalog{models: models(), ready: func() error { return fault }})
	c := grpc_health_v1.NewHealthClient(g.conn)
	for _, service := range []string{"", "inference.GRPCInferenceService"} {
		resp, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || resp.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, %v; want SERVING", service, resp, err)
		}
	}
	if _, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "x"}); status.Code(err) != codes.NotFound {
		t.Errorf("another service: %v, want NOT_FOUND", err)
	}
	list, err := c.List(t.Context(), &grpc_health_v1.HealthListRequest{})
	if err != nil || len(list.GetStatuses()) != 2 {
		t.Errorf("List = %v, %v", list, err)
	}
	fault = http.ErrServerClosed
	resp, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || resp.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("not ready: %v, %v; want NOT_SERVING", resp, err)
	}
}

// TestHealthWatch: P-13; a drain is told, then the watch ends, so that it does not hold the drain up.
func TestP13HealthWatch(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	w, err := grpc_health_v1.NewHealthClient(g.conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []grpc_health_v1.HealthCheckResponse_ServingStatus{
		grpc_health_v1.HealthCheckResponse_SERVING, grpc_health_v1.HealthCheckResponse_NOT_SERVING,
	} {
		resp, err := w.Recv()
		if err != nil || resp.GetStatus() != want {
			t.Fatalf("status %d: %v, %v; want %v", i, resp, err, want)
		}
		g.stop()
	}
	if _, err := w.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the watch ends with %v, want UNAVAILABLE", err)
	}
	g.drained(t)
	if strings.Contains(g.log.String(), "cut off") {
		t.Errorf("the watch held the drain up:\n%s", g.log.String())
	}
}

func TestP13Reflection(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	want := []string{
		"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
		"inference.GRPCInferenceService",
	}
	v1, err := reflectionv1.NewServerReflectionClient(g.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
	if err := v1.Send(ask); err != nil {
		t.Fatal(err)
	}
	resp, err := v1.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range resp.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	slices.Sort(names)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("services differ (-want +got):\n%s", diff)
	}
	symbol := &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "inference.GRPCInferenceService.ModelInfer"}
	if err := v1.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: symbol}); err != nil {
		t.Fatal(err)
	}
	if resp, err := v1.Recv(); err != nil || len(resp.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("descriptors: %v, %v", resp, err)
	}
	if err := v1.CloseSend(); err != nil {
		t.Error(err)
	}
}
