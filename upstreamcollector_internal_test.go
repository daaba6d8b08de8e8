package manifold

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestUpstreamMetrics(t *testing.T) {
	t.Parallel()
	rows := []ListedUpstream{{
		Name: "vision", Calls: 9, Retries: 2, BudgetLeft: 3.5,
		Endpoints: []ListedEndpoint{{Address: "bad\xff:1", State: "ejected", Calls: 7, Latency: 0.25, Ejections: map[string]uint64{"stall": 1, "success_rate": 2}}},
	}}
	c := newUpstreamCollector(func() []ListedUpstream { return rows })
	names := []string{"manifold_upstream_calls_total", "manifold_upstream_budget_left", "manifold_upstream_endpoint_ejections_total", "manifold_upstream_endpoint_state"}
	if err := testutil.CollectAndCompare(c, strings.NewReader(`
		# HELP manifold_upstream_budget_left Attempts beyond the first that the budget allows now.
		# TYPE manifold_upstream_budget_left gauge
		manifold_upstream_budget_left{upstream="vision"} 3.5
		# HELP manifold_upstream_calls_total Calls of a model server.
		# TYPE manifold_upstream_calls_total counter
		manifold_upstream_calls_total{upstream="vision"} 9
		# HELP manifold_upstream_endpoint_ejections_total How often an endpoint was taken out, by cause.
		# TYPE manifold_upstream_endpoint_ejections_total counter
		manifold_upstream_endpoint_ejections_total{cause="stall",endpoint="bad�:1",upstream="vision"} 1
		manifold_upstream_endpoint_ejections_total{cause="success_rate",endpoint="bad�:1",upstream="vision"} 2
		# HELP manifold_upstream_endpoint_state 1 for the state that an endpoint is in, 0 for the others.
		# TYPE manifold_upstream_endpoint_state gauge
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="connecting",upstream="vision"} 0
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="ejected",upstream="vision"} 1
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="leaving",upstream="vision"} 0
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="probing",upstream="vision"} 0
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="ready",upstream="vision"} 0
		manifold_upstream_endpoint_state{endpoint="bad�:1",state="unreachable",upstream="vision"} 0
	`), names...); err != nil {
		t.Error(err)
	}
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	rows = nil
	if n := testutil.CollectAndCount(c); n != 0 {
		t.Errorf("%d series of nobody", n)
	}
}
