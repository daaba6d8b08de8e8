package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// What stands for a model's name where it could be anything.
const (
	unknownModel = "unknown" // the catalog has no such model
	otherModel   = "other"   // the catalog has it, and more than maxModels before it
)

// maxModels bounds the values of the label model.
const maxModels = 1000

// metrics counts inference requests. It is safe for concurrent use.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inflight prometheus.Gauge

	mu     sync.RWMutex
	series map[seriesKey]*series
	models map[string]bool
}

type seriesKey struct{ model, protocol string }

// series are the handles of one model and protocol.
type series struct {
	duration prometheus.Observer
	requests [codes.Unauthenticated + 1]func() prometheus.Counter // by code; made when first used
}

func newMetrics(registry *prometheus.Registry, b *budget) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "manifold_requests_total",
			Help: "Inference requests that ended, by model or graph, protocol and gRPC code.",
		}, []string{"model", "protocol", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "manifold_request_duration_seconds",
			Help:    "How long inference requests took, from admission to the end of the answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"model", "protocol"}),
		inflight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "manifold_inflight_requests",
			Help: "Inference requests that are being served.",
		}),
		series: map[seriesKey]*series{},
		models: map[string]bool{},
	}
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "manifold_inflight_bytes",
		Help: "Bytes of messages that are charged to inference requests being served.",
	}, func() float64 { return float64(b.used.Load()) })
	var faults []error
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inflight, bytes} {
		faults = append(faults, registry.Register(c))
	}
	return m, errors.Join(faults...)
}

// measure is the stage that counts inference requests, those of streams one by one; control calls and whole streams are not counted.
func (m *metrics) measure(_ context.Context, c *call, next func() error) (err error) {
	if c.method != inferencepb.GRPCInferenceService_ModelInfer_FullMethodName && !c.streamed {
		return next()
	}
	start := time.Now()
	m.inflight.Inc()
	code := codes.Internal // if next panics
	defer func() {
		m.inflight.Dec()
		s := m.of(c)
		s.duration.Observe(time.Since(start).Seconds())
		s.count(code)
	}()
	err = next()
	code = infer.CodeOf(err)
	return err
}

func (s *series) count(code codes.Code) {
	if int(code) >= len(s.requests) {
		code = codes.Unknown
	}
	s.requests[code]().Inc()
}

// of returns the handles for a call.
func (m *metrics) of(c *call) *series {
	key := seriesKey{unknownModel, c.protocol}
	if c.known {
		key.model = c.model
	}
	m.mu.RLock()
	s := m.series[key]
	m.mu.RUnlock()
	if s != nil {
		return s
	}
	return m.add(key)
}

func (m *metrics) add(key seriesKey) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.models[key.model] && len(m.models) >= maxModels {
		key.model = otherModel
	} else {
		m.models[key.model] = true
	}
	if s := m.series[key]; s != nil {
		return s
	}
	s := &series{duration: m.duration.WithLabelValues(key.model, key.protocol)}
	for code := range s.requests {
		s.requests[code] = sync.OnceValue(func() prometheus.Counter {
			return m.requests.WithLabelValues(key.model, key.protocol, codes.Code(code).String())
		})
	}
	m.series[key] = s
	return s
}
