package manifold

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
)

// stepObserver measures the steps of graphs and makes a span of each.
type stepObserver struct {
	durations *prometheus.HistogramVec
	tracer    trace.Tracer
}

var _ graph.Observer = (*stepObserver)(nil)

func newStepObserver(registry prometheus.Registerer, tracer trace.Tracer) (*stepObserver, error) {
	o := &stepObserver{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "manifold_step_duration_seconds",
			Help:    "Time that a step of a graph took, by the gRPC code of its outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"graph", "step", "code"}),
		tracer: tracer,
	}
	return o, registry.Register(o.durations)
}

// Step implements [graph.Observer].
func (o *stepObserver) Step(ctx context.Context, step graph.StepInfo) (context.Context, func(error)) {
	name := step.Label()
	ctx, span := o.tracer.Start(ctx, "step "+name, trace.WithAttributes( //nolint:spancheck // it ends with the step
		attribute.String("manifold.graph", step.Graph),
		attribute.String("manifold.node", step.Node),
		attribute.String("manifold.step", name),
		attribute.String("manifold.target", step.Target),
	))
	start := time.Now()
	return ctx, func(err error) { //nolint:spancheck // see above
		o.durations.WithLabelValues(step.Graph, name, infer.CodeOf(err).String()).Observe(time.Since(start).Seconds())
		if err != nil {
			span.SetStatus(codes.Error, infer.AsError(err).Reason)
		}
		span.End()
	}
}
