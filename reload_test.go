package manifold_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// serverYAML is a ModelServer and a graph of one step, which differs from version to version.
func serverYAML(address string, version int) string {
	return fmt.Sprintf(`
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: upstream}
spec: {targets: [%q], connections: %d}
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: graph}
spec:
  nodes:
    root:
      routerType: Sequence
      steps: [{name: v%d, serviceName: echo}]
`, address, 1+version%3, version)
}

func echoRequest(model string) *pb.ModelInferRequest {
	return &pb.ModelInferRequest{
		ModelName:        model,
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "UINT8", Shape: []int64{3}}},
		RawInputContents: [][]byte{{1, 2, 3}},
	}
}

const echoJSON = `{"inputs":[{"name":"x","datatype":"UINT8","shape":[3],"data":[1,2,3]}]}`

// 10,000 requests across 50 reloads, 10 of them invalid: none fails.
func TestReloadUnderLoadDropsNothing(t *testing.T) {
	t.Parallel()
	const requests, reloads, workers = 10_000, 50, 8
	address := oiptest.Serve(t, oiptest.Models{"echo": oiptest.Identity()})
	gateway := start(t, load(t, serverYAML(address, 0)), manifold.Options{})
	var next, done atomic.Int64
	step := make(chan struct{}, requests)
	var load8 sync.WaitGroup
	for range workers {
		load8.Go(func() {
			for n := next.Add(1); n <= requests; n = next.Add(1) {
				gateway.askOnce(t, n)
				done.Add(1)
				step <- struct{}{}
			}
		})
	}
	for i := 1; i <= reloads; i++ {
		for range requests / reloads {
			<-step
		}
		text := serverYAML(address, i)
		if i%5 == 0 {
			text = strings.Replace(text, "root:", "rot:", 1)
		}
		if err := gateway.tryReload(t, text); (err == nil) == (i%5 == 0) {
			t.Errorf("reload %d: %v", i, err)
		}
	}
	load8.Wait()
	if done.Load() != requests {
		t.Errorf("%d requests were answered", done.Load())
	}
}

// askOnce sends one request, over REST or gRPC, to the graph or the model.
func (r *running) askOnce(t *testing.T, n int64) {
	t.Helper()
	model := []string{"graph", "echo"}[n%2]
	if n%4 < 2 {
		if code, body := post(t, r.rest+"/v2/models/"+model+"/infer", []byte(echoJSON)); code != http.StatusOK || !strings.Contains(body, "[1,2,3]") {
			t.Errorf("request %d: %d %s", n, code, body)
		}
		return
	}
	if resp, err := r.grpc.ModelInfer(context.Background(), echoRequest(model)); err != nil || string(resp.RawOutputContents[0]) != "\x01\x02\x03" {
		t.Errorf("request %d: %v", n, err)
	}
}

func (r *running) tryReload(t *testing.T, text string) error {
	t.Helper()
	resources, err := config.Load([]string{"-"}, strings.NewReader(text))
	if err != nil {
		return err
	}
	return r.Reload(t.Context(), resources)
}

func TestReloadReplacesWhatIsServed(t *testing.T) {
	t.Parallel()
	one := oiptest.Serve(t, oiptest.Models{"label": oiptest.Label("one"), "gone": oiptest.Label("gone")})
	two := oiptest.Serve(t, oiptest.Models{"label": oiptest.Label("two")})
	server := func(address string) string {
		return fmt.Sprintf("apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: s}\nspec: {targets: [%q]}\n", address)
	}
	gateway := start(t, load(t, server(one)), manifold.Options{})
	ask := func(model string) (string, error) {
		resp, err := gateway.grpc.ModelInfer(t.Context(), echoRequest(model))
		if err != nil {
			return "", err
		}
		return string(resp.RawOutputContents[0][4:]), nil
	}
	if got, err := ask("label"); got != "one" {
		t.Fatalf("got %q, %v", got, err)
	}
	if err := gateway.tryReload(t, server(two)); err != nil {
		t.Fatal(err)
	}
	if got, err := ask("label"); got != "two" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := ask("gone"); status.Code(err) != codes.NotFound {
		t.Errorf("a model of the server that was replaced: %v", err)
	}
}

// A file is watched where it lies: an editor replaces it, a bad one leaves the last good configuration in force, and a signal reloads.
func TestWatchReloadsChangedFiles(t *testing.T) {
	t.Parallel()
	address := oiptest.Serve(t, oiptest.Models{"echo": oiptest.Identity()})
	file := filepath.Join(t.TempDir(), "graph.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	named := func(name string) string {
		return strings.Replace(serverYAML(address, 1), "name: graph", "name: "+name, 1)
	}
	write(named("first"))
	loads := make(chan error, 16)
	reload := func() (*config.Resources, error) {
		resources, err := config.Load([]string{file}, nil)
		loads <- err
		return resources, err
	}
	resources, err := config.Load([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	gateway := start(t, resources, manifold.Options{})
	ctx, stop := context.WithCancel(t.Context())
	now, watched := make(chan os.Signal), make(chan error, 1)
	go func() { watched <- gateway.Watch(ctx, resources.Files, now, reload) }()
	now <- os.Interrupt // the watch is on
	if err := <-loads; err != nil {
		t.Fatal(err)
	}

	write("kind: Nonsense\n")
	if err := <-loads; err == nil {
		t.Error("nonsense was loaded")
	}
	if code, body := get(t, gateway.rest+"/v2/models/first"); code != http.StatusOK {
		t.Errorf("after a bad file: %d %s", code, body)
	}
	write(named("second"))
	if err := <-loads; err != nil {
		t.Error(err)
	}
	now <- os.Interrupt // taken only when the reload before it is done
	<-loads
	if code, body := get(t, gateway.rest+"/v2/models/second"); code != http.StatusOK {
		t.Errorf("after a good file: %d %s", code, body)
	}
	if code, _ := get(t, gateway.rest+"/v2/models/first"); code != http.StatusNotFound {
		t.Errorf("what is gone from the file answers %d", code)
	}
	stop()
	if err := <-watched; err != nil {
		t.Error(err)
	}
}

// TestWatchSeesAChangeDuringAReload: what is written after the files were read, and before the reload has ended, is loaded next.
func TestWatchSeesAChangeDuringAReload(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "graph.yaml")
	write := func(version int) {
		if err := os.WriteFile(file, []byte(serverYAML("127.0.0.1:1", version)), 0o600); err != nil {
			t.Error(err)
		}
	}
	write(1)
	resources, err := config.Load([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	gateway := start(t, resources, manifold.Options{})
	loads := make(chan int, 16)
	n := 0
	ctx, stop := context.WithCancel(t.Context())
	now, watched := make(chan os.Signal), make(chan error, 1)
	go func() {
		watched <- gateway.Watch(ctx, resources.Files, now, func() (*config.Resources, error) {
			loaded, err := config.Load([]string{file}, nil)
			if n++; n == 1 {
				write(2)
			}
			loads <- n
			return loaded, err
		})
	}()
	now <- os.Interrupt
	for want := 1; want <= 2; want++ {
		if got := <-loads; got != want {
			t.Errorf("load %d, want %d", got, want)
		}
	}
	stop()
	if err := <-watched; err != nil {
		t.Error(err)
	}
}
