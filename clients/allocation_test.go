package clients_test

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/manifold-serving/manifold/clients"
)

// startChild starts a server in a process of its own and returns its socket.
func startChild(tb testing.TB) string {
	tb.Helper()
	path := socket(tb)
	binary, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	child := exec.Command(binary) // this very test; it ends with its standard input
	child.Env = append(os.Environ(), childSocket+"="+path)
	child.Stderr = os.Stderr
	input, err := child.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := child.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = input.Close()
		_ = child.Wait()
	})
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		tb.Fatalf("the server says %q, %v", line, err)
	}
	return path
}

// A request of 4 MiB is never copied whole: not to rename the model, not to send it. The test does not run beside others, whose
// memory would count.
//
//nolint:paralleltest // see above
func TestLargeRequestAllocatesLittle(t *testing.T) {
	const calls = 10
	s, err := clients.Open("vision", clients.Options{Targets: []string{"unix:" + startChild(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	req := request(t, 4<<20)
	for _, model := range []string{"m", "renamed"} {
		u := s.Model(model)
		send := func() {
			response, err := u.Infer(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			response.Free()
		}
		send()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			send()
		}
		runtime.ReadMemStats(&after)
		if each := (after.TotalAlloc - before.TotalAlloc) / calls; each > largeRequestBudget {
			t.Errorf("model %s: a 4 MiB request allocates %d bytes, more than %d", model, each, largeRequestBudget)
		} else {
			t.Logf("model %s: %d bytes a call", model, each)
		}
	}
}
