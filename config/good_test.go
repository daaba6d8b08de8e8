package config_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

// load loads files that are sound.
func load(t *testing.T, sources ...string) *config.Resources {
	t.Helper()
	resources, err := config.Load(sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

func TestInferenceGraphAsTheClusterHasIt(t *testing.T) {
	t.Parallel()
	graphs := load(t, "testdata/good_inference_graph.yaml").InferenceGraphs
	if len(graphs) != 1 {
		t.Fatalf("%d graphs", len(graphs))
	}
	g := graphs[0]
	if want := (config.Source{File: "testdata/good_inference_graph.yaml", Line: 2}); g.Source != want || want.String() != want.File+":2" {
		t.Errorf("written at %v, want %v", g.Source, want)
	}
	if g.Metadata.Name != "animals" || g.Metadata.Namespace != "models" || g.Metadata.Labels["team"] != "vision" {
		t.Errorf("metadata are %+v", g.Metadata)
	}
	root := g.Spec.Nodes["root"]
	if len(g.Spec.Nodes) != 2 || len(root.Steps) != 2 || g.Spec.Timeout != 60 || *g.Spec.RouterTimeouts.ServiceClient != 5 {
		t.Fatalf("spec is %+v", g.Spec)
	}
	if step := root.Steps[1]; step.Condition != `[@this].#(predictions.0=="animal")` || step.Data != "$request" || step.Dependency != "Hard" {
		t.Errorf("step is %+v", step)
	}
	if weight := g.Spec.Nodes["split"].Steps[1].Weight; weight == nil || *weight != 80 {
		t.Errorf("weight is %v", weight)
	}
}

func TestInferenceServicesAsUsersHaveThem(t *testing.T) {
	t.Parallel()
	type place struct {
		Storage  string
		Embedded bool
		Target   *config.Target
	}
	want := map[string]place{
		"onnx-here": {Storage: filepath.Join("testdata", "models", "cat.onnx"), Embedded: true},
		"old-form":  {Storage: "/models/dog.onnx", Embedded: true},
		"annotated": {Target: &config.Target{Address: "triton.models.svc:8001", Model: "cat_v2"}},
		"deployed":  {Target: &config.Target{Address: "deployed-predictor.models.svc.cluster.local:80", Protocol: clients.V2}},
		"own-container": {Target: &config.Target{
			Address: "own-container.models.svc:8443", Model: "cat", TLS: true, Protocol: clients.V1,
		}},
	}
	got := map[string]place{}
	for _, s := range load(t, "testdata/good_inference_services.yaml").InferenceServices {
		path, embedded := s.StoragePath()
		got[s.Metadata.Name] = place{Storage: path, Embedded: embedded, Target: s.Target}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places differ (-want +got):\n%s", diff)
	}
}

func TestModelOfAnInferenceService(t *testing.T) {
	t.Parallel()
	services := load(t, "testdata/good_inference_services.yaml").InferenceServices
	version := "1"
	want := &config.Model{
		ModelFormat:     config.ModelFormat{Name: "onnx", Version: &version},
		ProtocolVersion: "v2",
		StorageURI:      "file:models/cat.onnx",
	}
	if diff := cmp.Diff(want, services[0].Spec.Predictor.Model); diff != "" {
		t.Errorf("model differs (-want +got):\n%s", diff)
	}
	if format := services[1].Spec.Predictor.Model.ModelFormat.Name; format != "onnx" { // the old form names the format by its field
		t.Errorf("old form has format %q", format)
	}
	if model := services[4].Spec.Predictor.Model; model != nil {
		t.Errorf("a container of the user's own has model %+v", model)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	resources := load(t, "testdata/good_inference_services.yaml")
	golden(t, "testdata/good_inference_services.warnings.txt", resources.Warnings.Error()+"\n")
}

func TestModelServer(t *testing.T) {
	t.Parallel()
	servers := load(t, "testdata/good_manifold.yaml").ModelServers
	if len(servers) != 1 || servers[0].Metadata.Name != "vision" {
		t.Fatalf("servers are %+v", servers)
	}
	want := clients.Options{
		Targets:      []string{"127.0.0.1:9001", "dns:///triton.models.svc:8001", "unix:/run/triton.sock"},
		Dialect:      clients.Triton,
		Connections:  4,
		MessageBytes: 128 << 20,
		Timeout:      units.Duration(5 * time.Second),
		TLS: &clients.TLS{ // relative files are beside the YAML file
			CAFile:     filepath.Join("testdata", "ca.pem"),
			CertFile:   "/etc/certs/client.pem",
			KeyFile:    filepath.Join("testdata", "keys", "client.key"),
			ServerName: "vision",
		},
	}
	if diff := cmp.Diff(want, servers[0].Spec); diff != "" {
		t.Errorf("spec differs (-want +got):\n%s", diff)
	}
}

func TestGateway(t *testing.T) {
	t.Parallel()
	resources := load(t, "testdata/good_manifold.yaml")
	want := server.Options{
		Listeners: server.Listeners{REST: ":9000"},
		Limits:    server.Limits{MessageBytes: 32 * units.MiB, StreamsPerConnection: 64},
	}
	if diff := cmp.Diff(want, resources.ServerOptions()); diff != "" {
		t.Errorf("options differ (-want +got):\n%s", diff)
	}
	if resources.Gateway.Source.Line != 15 {
		t.Errorf("written at %v", resources.Gateway.Source)
	}
}

func TestNothingIsAllDefaults(t *testing.T) {
	t.Parallel()
	resources := load(t)
	if resources.Gateway != nil || resources.ServerOptions() != (server.Options{}) {
		t.Errorf("gateway is %+v", resources.Gateway)
	}
}

func TestListAsKubectlPrintsIt(t *testing.T) {
	t.Parallel()
	servers := load(t, "testdata/good_list.json").ModelServers
	got := map[string]int{}
	for _, s := range servers {
		got[s.Metadata.Name] = s.Source.Line
	}
	if diff := cmp.Diff(map[string]int{"a": 6, "b": 7}, got); diff != "" {
		t.Errorf("servers and lines differ (-want +got):\n%s", diff)
	}
}
