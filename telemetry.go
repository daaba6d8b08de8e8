package manifold

import (
	"context"
	"net/http"
	"os"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
)

// Tracing is where spans go. A nil Tracing is off: nothing is instrumented, and it costs nothing.
type Tracing struct {
	Provider   trace.TracerProvider
	Propagator propagation.TextMapPropagator
	shutdown   func(context.Context) error
}

// TracingFromEnvironment sets tracing up as the standard OTEL_* variables say. It is nil, off, unless OTEL_TRACES_EXPORTER or an
// OTEL_EXPORTER_OTLP endpoint is set.
func TracingFromEnvironment(ctx context.Context) (*Tracing, error) {
	if !tracingWanted() {
		return nil, nil
	}
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, err
	}
	// Attributes of OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win over the name given here.
	described, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "manifold")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))
	// Trace contexts alone are propagated: baggage of strangers could be of any size.
	return &Tracing{provider, propagation.TraceContext{}, provider.Shutdown}, nil
}

func tracingWanted() bool {
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		if v := os.Getenv(name); v != "" && v != "none" {
			return os.Getenv("OTEL_SDK_DISABLED") != "true"
		}
	}
	return false
}

// Shutdown sends the spans that wait.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if t == nil || t.shutdown == nil {
		return nil
	}
	return t.shutdown(ctx)
}

func (t *Tracing) tracer() trace.Tracer {
	const name = "github.com/manifold-serving/manifold"
	if t == nil {
		return noop.NewTracerProvider().Tracer(name)
	}
	return t.Provider.Tracer(name)
}

// The instrumentation of the edges, and of connections to upstreams.

func (t *Tracing) serverOptions() []grpc.ServerOption {
	if t == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(t.options()...))}
}

func (t *Tracing) dialOptions() []grpc.DialOption {
	if t == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(t.options()...))}
}

func (t *Tracing) options() []otelgrpc.Option {
	return []otelgrpc.Option{otelgrpc.WithTracerProvider(t.Provider), otelgrpc.WithPropagators(t.Propagator)}
}

func (t *Tracing) middleware() func(http.Handler) http.Handler {
	if t == nil {
		return nil
	}
	return otelhttp.NewMiddleware("rest", otelhttp.WithTracerProvider(t.Provider), otelhttp.WithPropagators(t.Propagator))
}
