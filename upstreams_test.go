package manifold_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// upstreams are what the admin edge lists.
func (r *running) upstreams(t *testing.T) []manifold.ListedUpstream {
	t.Helper()
	status, body := get(t, "http://"+r.Addresses().Admin+"/resources/upstreams")
	var rows []manifold.ListedUpstream
	if err := json.Unmarshal([]byte(body), &rows); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v: %s", status, err, body)
	}
	return rows
}

// metric is the value of a series; -1 when there is none.
func (r *running) metric(t *testing.T, series string) float64 {
	t.Helper()
	status, body := get(t, "http://"+r.Addresses().Admin+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(body)
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestUpstreamsAreListedAndMeasured(t *testing.T) {
	t.Parallel()
	up, gone := oiptest.Serve(t, oiptest.Models{"echo": oiptest.Identity()}), closedPort(t)
	server := "apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: vision}\nspec: {targets: [%q, %q]}\n"
	both := fmt.Sprintf(server, up, gone)
	g := start(t, load(t, both), manifold.Options{})
	calls := func(n int) {
		t.Helper()
		for range n {
			if status, body := post(t, g.rest+"/v2/models/echo/infer", []byte(echoJSON)); status != http.StatusOK {
				t.Fatalf("%d %s", status, body)
			}
		}
	}
	calls(20)
	rows := g.upstreams(t)
	if len(rows) != 1 || rows[0].Name != "vision" || rows[0].Balancing != "p2c" || rows[0].Calls < 20 || len(rows[0].Endpoints) != 2 {
		t.Fatalf("%+v", rows)
	}
	if e := rows[0].Endpoints[0]; e.Address != up || e.State != "ready" || e.Calls < 20 || e.Connections == 0 || e.Latency <= 0 || e.Model != "echo" {
		t.Errorf("%+v", e)
	}
	ready := `manifold_upstream_endpoint_state{endpoint="` + up + `",state="ready",upstream="vision"}`
	ended := `manifold_upstream_endpoint_calls_total{endpoint="` + up + `",upstream="vision"}`
	before := g.metric(t, ended)
	if g.metric(t, ready) != 1 || before < 20 || g.metric(t, `manifold_upstream_calls_total{upstream="vision"}`) < 20 {
		t.Errorf("ready %v, %v calls", g.metric(t, ready), before)
	}

	// A server that both configurations have goes on counting.
	if err := g.tryReload(t, both+graphYAML("graph", "{serviceName: echo}")); err != nil {
		t.Fatal(err)
	}
	calls(1)
	if after := g.metric(t, ended); after <= before {
		t.Errorf("%v calls, %v before the reload", after, before)
	}
	// One that no configuration has any more is not told of.
	if err := g.tryReload(t, fmt.Sprintf(server, up, up+"0")); err == nil {
		t.Error("a port of six digits")
	}
	if err := g.tryReload(t, strings.Replace(fmt.Sprintf(server, up, closedPort(t)), "vision", "other", 1)); err != nil {
		t.Fatal(err)
	}
	calls(1)
	if g.metric(t, ended) != -1 || g.metric(t, strings.Replace(ended, "vision", "other", 1)) < 1 {
		t.Error("the endpoints of a server that is gone are told of, or those of the new one are not")
	}
}

// KServe's port speaks both, and a gateway may call both: neither hides the other.
func TestUpstreamsAtOneAddressAreTold(t *testing.T) {
	t.Parallel()
	kserve := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }))
	defer kserve.Close()
	host := strings.TrimPrefix(kserve.URL, "http://")
	g := start(t, load(t, fmt.Sprintf(`
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: graph}
spec:
  nodes:
    root:
      routerType: Sequence
      steps:
      - {serviceUrl: "http://%[1]s/v1/models/m:predict"}
      - {serviceUrl: "http://%[1]s/v2/models/m/infer"}
      - {serviceUrl: "http://%[1]s/v2/models/n/infer"}
`, host)), manifold.Options{})
	for _, upstream := range []string{"http://" + host, "http://" + host + "/v1"} {
		if g.metric(t, `manifold_upstream_in_flight{upstream="`+upstream+`"}`) != 0 {
			t.Errorf("%s is not told of: %+v", upstream, g.upstreams(t))
		}
	}
	if rows := g.upstreams(t); len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
}

func TestGatewayWithoutServersHasNoUpstreams(t *testing.T) {
	t.Parallel()
	g := start(t, load(t, "apiVersion: manifold.dev/v1alpha1\nkind: Gateway\nmetadata: {name: g}\nspec: {}\n"), manifold.Options{})
	if status, body := get(t, "http://"+g.Addresses().Admin+"/resources/upstreams"); status != http.StatusOK || body != "[]\n" {
		t.Errorf("%d %s", status, body)
	}
}
