package manifold_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
)

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (r *running) index(t *testing.T) []string {
	t.Helper()
	index, err := r.grpc.RepositoryIndex(t.Context(), &pb.RepositoryIndexRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range index.GetModels() {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s %s %s %s", m.GetName(), m.GetVersion(), m.GetState(), m.GetReason()), " "))
	}
	return lines
}

// executions are the successful requests by name and version, without those that have none.
func (r *running) executions(t *testing.T, model string) []string {
	t.Helper()
	all, err := r.grpc.ModelStatistics(t.Context(), &pb.ModelStatisticsRequest{Name: model})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range all.GetModelStats() {
		if n := s.GetInferenceStats().GetSuccess().GetCount(); n > 0 {
			lines = append(lines, fmt.Sprintf("%s/%s %d", s.GetName(), s.GetVersion(), n))
		}
	}
	return lines
}

func serviceYAML(name, target string) string {
	return fmt.Sprintf(`
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: %s, annotations: {manifold.dev/target: %q}}
spec: {predictor: {model: {modelFormat: {name: sklearn}}}}
`, name, target)
}

// TestIndexIsThatOfAllServers: resources hide the models of servers, and what does not answer is listed with the reason.
func TestIndexIsThatOfAllServers(t *testing.T) {
	t.Parallel()
	one, two := standin.Serve(t, "simple", "identity", "label").GRPC, standin.Serve(t, "simple", "one_bytes", "label").GRPC
	gateway := start(t, load(t, modelServerYAML("one", one, "*")+modelServerYAML("two", two, "one_bytes", "s*")+
		modelServerYAML("gone", closedPort(t), "absent")+
		serviceYAML("served", one+"/simple")+graphYAML("label", "{serviceName: absent}")+graphYAML("fine", "{serviceName: one_bytes}")), manifold.Options{})
	got := gateway.index(t)
	for i, line := range got {
		if before, _, refused := strings.Cut(line, "upstream gone ("); refused {
			got[i] = before + "…"
		}
	}
	want := []string{
		"absent  UNAVAILABLE …", "fine 1 READY", "identity 1 READY", "label  UNAVAILABLE graph label: service \"absent\": …",
		"one_bytes 1 READY", "served 1 READY", "simple 1 READY",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestIndexOfServersWithoutOne: what a resource names is probed.
func TestIndexOfServersWithoutOne(t *testing.T) {
	t.Parallel()
	address := oiptest.Serve(t, oiptest.Models{"a": oiptest.Identity()})
	gateway := start(t, load(t, modelServerYAML("s", address, "a", "b")), manifold.Options{})
	got := gateway.index(t)
	if len(got) != 2 || got[0] != "a 1 READY" || !strings.HasPrefix(got[1], "b  UNAVAILABLE upstream s") {
		t.Errorf("got %q", got)
	}
}

const simpleJSON = `{"inputs":[
	{"name":"INPUT0","datatype":"INT32","shape":[1,16],"data":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]},
	{"name":"INPUT1","datatype":"INT32","shape":[1,16],"data":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}]}`

func (r *running) askSimple(t *testing.T, models ...string) {
	t.Helper()
	for _, model := range models {
		if code, body := post(t, r.rest+"/v2/models/"+model+"/infer", []byte(simpleJSON)); code != 200 {
			t.Fatalf("%s: %d %s", model, code, body)
		}
	}
}

// TestStatisticsAreThoseOfAllServers: the first of two servers with one model is the one that answers, and the one that tells; a name
// that a resource gives to another server is that one's. Graphs tell of their steps.
func TestStatisticsAreThoseOfAllServers(t *testing.T) {
	t.Parallel()
	one, two := standin.Serve(t, "simple", "chain").GRPC, standin.Serve(t, "simple", "chain").GRPC
	gateway := start(t, load(t, modelServerYAML("one", one, "*")+modelServerYAML("two", two, "chain")+modelServerYAML("gone", closedPort(t), "absent")+
		serviceYAML("served", two+"/simple")+graphYAML("g", "{name: s, serviceName: simple}, {serviceName: simple}")+graphYAML("idle", "{serviceName: simple}")), manifold.Options{})
	gateway.askSimple(t, "simple", "chain", "chain", "served", "served", "served", "g", "g")
	want := []string{"chain/1 2", "g/1 2", "g/root/2/1 2", "g/root/s/1 2", "served/1 3", "simple/1 5"}
	if diff := cmp.Diff(want, gateway.executions(t, "")); diff != "" {
		t.Error(diff)
	}
	for model, want := range map[string][]string{"g": {"g/1 2", "g/root/s/1 2", "g/root/2/1 2"}, "served": {"served/1 3"}, "chain": {"chain/1 2"}} {
		if diff := cmp.Diff(want, gateway.executions(t, model)); diff != "" {
			t.Errorf("%s: %s", model, diff)
		}
	}
}

// TestStatisticsOfAGraphOutliveAReload, as long as the graph stays the same.
func TestStatisticsOfAGraphOutliveAReload(t *testing.T) {
	t.Parallel()
	address := standin.Serve(t, "simple").GRPC
	text := modelServerYAML("s", address, "*") + graphYAML("same", "{serviceName: simple}")
	gateway := start(t, load(t, text+graphYAML("other", "{serviceName: simple}")), manifold.Options{})
	gateway.askSimple(t, "same", "other")
	if err := gateway.tryReload(t, text+graphYAML("other", "{name: now, serviceName: simple}")); err != nil {
		t.Fatal(err)
	}
	gateway.askSimple(t, "same", "other")
	if got := gateway.executions(t, "same"); !slices.Equal(got, []string{"same/1 2", "same/root/1/1 2"}) {
		t.Errorf("got %q", got)
	}
	if got := gateway.executions(t, "other"); !slices.Equal(got, []string{"other/1 1", "other/root/now/1 1"}) {
		t.Errorf("got %q", got)
	}
}

// TestRenamedModelsAnswerByTheNameThatWasAsked: everything that a client can see of a service has the service's name, and the model
// keeps its own beside it.
func TestRenamedModelsAnswerByTheNameThatWasAsked(t *testing.T) {
	t.Parallel()
	address := standin.Serve(t, "simple", "repeat_int32").GRPC
	gateway := start(t, load(t, modelServerYAML("s", address, "*")+serviceYAML("served", address+"/simple")+serviceYAML("repeats", address+"/repeat_int32")), manifold.Options{})
	for _, name := range []string{"served", "simple"} {
		for _, version := range []string{"", "1"} {
			metadata, err := gateway.grpc.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: name, Version: version})
			if err != nil || metadata.GetName() != name {
				t.Errorf("%s/%s: metadata of %q, %v", name, version, metadata.GetName(), err)
			}
			config, err := gateway.grpc.ModelConfig(t.Context(), &pb.ModelConfigRequest{Name: name, Version: version})
			if err != nil || config.GetConfig().GetName() != name || config.GetConfig().GetMaxBatchSize() != 8 {
				t.Errorf("%s/%s: config of %q, %v", name, version, config.GetConfig().GetName(), err)
			}
			statistics, err := gateway.grpc.ModelStatistics(t.Context(), &pb.ModelStatisticsRequest{Name: name, Version: version})
			if err != nil || statistics.GetModelStats()[0].GetName() != name {
				t.Errorf("%s/%s: statistics of %v, %v", name, version, statistics, err)
			}
		}
	}
}
