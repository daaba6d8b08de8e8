package manifold

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/manifold-serving/manifold/clients/fleet"
)

// upstreamCollector tells how upstreams are doing when it is asked, so that calls pay nothing for it, and endpoints that are gone are not
// told of.
type upstreamCollector struct {
	list   func() []ListedUpstream
	server serverMetrics
	state  *prometheus.Desc
	eject  *prometheus.Desc
	each   endpointMetrics
}

var _ prometheus.Collector = (*upstreamCollector)(nil)

type (
	serverMetrics   = []metric[ListedUpstream]
	endpointMetrics = []metric[ListedEndpoint]
)

// metric is a number of a row.
type metric[R any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*R) float64
}

func newUpstreamCollector(list func() []ListedUpstream) *upstreamCollector {
	return &upstreamCollector{
		list: list, server: metricsOfServers(), each: metricsOfEndpoints(),
		state: prometheus.NewDesc("manifold_upstream_endpoint_state",
			"1 for the state that an endpoint is in, 0 for the others.", []string{"upstream", "endpoint", "state"}, nil),
		eject: prometheus.NewDesc("manifold_upstream_endpoint_ejections_total",
			"How often an endpoint was taken out, by cause.", []string{"upstream", "endpoint", "cause"}, nil),
	}
}

func metricsOfServers() serverMetrics {
	counter := func(name, help string, of func(*ListedUpstream) uint64) metric[ListedUpstream] {
		desc := prometheus.NewDesc("manifold_upstream_"+name, help, []string{"upstream"}, nil)
		return metric[ListedUpstream]{desc, prometheus.CounterValue, func(r *ListedUpstream) float64 { return float64(of(r)) }}
	}
	gauge := func(name, help string, of func(*ListedUpstream) float64) metric[ListedUpstream] {
		desc := prometheus.NewDesc("manifold_upstream_"+name, help, []string{"upstream"}, nil)
		return metric[ListedUpstream]{desc, prometheus.GaugeValue, of}
	}
	return serverMetrics{
		counter("calls_total", "Calls of a model server.", func(r *ListedUpstream) uint64 { return r.Calls }),
		counter("attempts_total", "Attempts that calls took, first ones included.", func(r *ListedUpstream) uint64 { return r.Attempts }),
		counter("retries_total", "Attempts after one that failed.", func(r *ListedUpstream) uint64 { return r.Retries }),
		counter("redispatches_total", "Attempts beside one at an endpoint that stalls.", func(r *ListedUpstream) uint64 { return r.Redispatches }),
		counter("hedges_total", "Attempts beside one that takes long.", func(r *ListedUpstream) uint64 { return r.Hedges }),
		counter("hedges_won_total", "Hedges that answered first.", func(r *ListedUpstream) uint64 { return r.HedgesWon }),
		counter("over_budget_total", "Attempts that the budget did not allow.", func(r *ListedUpstream) uint64 { return r.OverBudget }),
		counter("refused_total", "Calls that were refused because there was no room.", func(r *ListedUpstream) uint64 { return r.Refused }),
		gauge("budget_left", "Attempts beyond the first that the budget allows now.", func(r *ListedUpstream) float64 { return r.BudgetLeft }),
		gauge("in_flight", "Attempts in flight.", func(r *ListedUpstream) float64 { return float64(r.InFlight) }),
		gauge("queue", "Calls that wait for room.", func(r *ListedUpstream) float64 { return float64(r.Queued) }),
		gauge("concurrency_limit", "Calls that a model server may have at a time; 0: any number.", func(r *ListedUpstream) float64 { return float64(r.Limit) }),
	}
}

func metricsOfEndpoints() endpointMetrics {
	of := func(kind prometheus.ValueType, name, help string, of func(*ListedEndpoint) float64) metric[ListedEndpoint] {
		desc := prometheus.NewDesc("manifold_upstream_endpoint_"+name, help, []string{"upstream", "endpoint"}, nil)
		return metric[ListedEndpoint]{desc, kind, of}
	}
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	return endpointMetrics{
		of(counter, "calls_total", "Calls at an endpoint that ended.", func(e *ListedEndpoint) float64 { return float64(e.Calls) }),
		of(counter, "failures_total", "Calls that an endpoint failed.", func(e *ListedEndpoint) float64 { return float64(e.Failures) }),
		of(counter, "stalls_total", "How often calls at an endpoint were made elsewhere too.", func(e *ListedEndpoint) float64 { return float64(e.Stalls) }),
		of(counter, "probes_total", "Calls that tried an endpoint which was out.", func(e *ListedEndpoint) float64 { return float64(e.Probes) }),
		of(gauge, "in_flight", "Calls in flight at an endpoint.", func(e *ListedEndpoint) float64 { return float64(e.InFlight) }),
		of(gauge, "connections", "Connections to an endpoint that are up.", func(e *ListedEndpoint) float64 { return float64(e.Connections) }),
		of(gauge, "vetoed_models", "Models that are not ready at an endpoint.", func(e *ListedEndpoint) float64 { return float64(len(e.Vetoes)) }),
		of(gauge, "latency_seconds", "Mean latency of the model with most calls at an endpoint, the latest calls counting most; 0: not known.",
			func(e *ListedEndpoint) float64 { return e.Latency }),
		of(gauge, "p99_seconds", "99th percentile of that model's latency at all endpoints; 0: not known.",
			func(e *ListedEndpoint) float64 { return e.P99 }),
	}
}

// Describe implements [prometheus.Collector].
func (c *upstreamCollector) Describe(to chan<- *prometheus.Desc) {
	to <- c.state
	to <- c.eject
	for _, m := range c.server {
		to <- m.desc
	}
	for _, m := range c.each {
		to <- m.desc
	}
}

// Collect implements [prometheus.Collector].
func (c *upstreamCollector) Collect(to chan<- prometheus.Metric) {
	for _, row := range c.list() {
		upstream := strings.ToValidUTF8(row.Name, "\uFFFD")
		for _, m := range c.server {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(&row), upstream)
		}
		for _, e := range row.Endpoints {
			c.collect(to, upstream, &e)
		}
	}
}

func (c *upstreamCollector) collect(to chan<- prometheus.Metric, upstream string, e *ListedEndpoint) {
	address := strings.ToValidUTF8(e.Address, "\uFFFD")
	for _, m := range c.each {
		to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(e), upstream, address)
	}
	for _, state := range fleet.States() {
		value := 0.0
		if state == e.State {
			value = 1
		}
		to <- prometheus.MustNewConstMetric(c.state, prometheus.GaugeValue, value, upstream, address, state)
	}
	for _, cause := range slices.Sorted(maps.Keys(e.Ejections)) {
		to <- prometheus.MustNewConstMetric(c.eject, prometheus.CounterValue, float64(e.Ejections[cause]), upstream, address, cause)
	}
}
