package manifold

import (
	"context"
	"os"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Tracing is where spans go.
type Tracing struct {
	Provider   trace.TracerProvider
	Propagator propagation.TextMapPropagator
	shutdown   func(context.Context) error
}

// TracingFromEnvironment sets tracing up as the standard OTEL_* variables say. It is off, and costs nothing, unless
// OTEL_TRACES_EXPORTER or an OTEL_EXPORTER_OTLP endpoint is set.
func TracingFromEnvironment(ctx context.Context) (*Tracing, error) {
	if !tracingWanted() {
		return noTracing(), nil
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
	return &Tracing{provider, propagator(), provider.Shutdown}, nil
}

// Shutdown sends the spans that wait.
func (t *Tracing) Shutdown(ctx context.Context) error { return t.shutdown(ctx) }

func noTracing() *Tracing {
	return &Tracing{noop.NewTracerProvider(), propagator(), func(context.Context) error { return nil }}
}

// propagator reads trace contexts only: baggage of strangers could be of any size.
func propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

func tracingWanted() bool {
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		if v := os.Getenv(name); v != "" && v != "none" {
			return os.Getenv("OTEL_SDK_DISABLED") != "true"
		}
	}
	return false
}
