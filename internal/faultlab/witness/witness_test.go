//go:build linux

package witness_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/manifold-serving/manifold/internal/faultlab/witness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick looks often, so that tests end soon.
const quick = 2 * time.Millisecond

func watch(t *testing.T, o witness.Options) *witness.Witness {
	t.Helper()
	o.PID, o.Every = os.Getpid(), quick
	w, err := witness.Watch(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Stop() })
	return w
}

func TestAWitnessSeesMemoryGrow(t *testing.T) {
	w := watch(t, witness.Options{})
	const size = 64 << 20
	held := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		held[i] = 1
	}
	settle(t, w)
	runtime.KeepAlive(held)
	r := w.Stop()
	if err := r.Check(witness.Envelope{RSS: size / 2}); err == nil || !strings.Contains(err.Error(), "memory: it grew") {
		t.Errorf("64 MiB more are no fault: %v; %s", err, &r)
	}
	if err := r.Check(witness.Envelope{RSS: 100 * size}); err != nil {
		t.Error(err)
	}
	if r.Baseline.Threads == 0 || r.Last.CPU == 0 || r.Peak.HighWater < size || len(r.Samples) < 2 {
		t.Errorf("not all was seen: %+v", r.Peak)
	}
}

// settle looks at least once more.
func settle(t *testing.T, w *witness.Witness) {
	t.Helper()
	if err := w.Settle(t.Context(), witness.Envelope{}); err != nil {
		t.Fatal(err)
	}
}

func TestAWitnessSeesDescriptorsThatStayOpen(t *testing.T) {
	w := watch(t, witness.Options{})
	e := witness.Envelope{Descriptors: 3, Within: 10 * quick}
	var held []*os.File
	for range 10 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, f)
	}
	if err := w.Settle(t.Context(), e); err == nil || !strings.Contains(err.Error(), "descriptors: there were") {
		t.Errorf("10 files more are no fault: %v", err)
	}
	for _, f := range held {
		_ = f.Close()
	}
	e.Within = time.Minute
	if err := w.Settle(t.Context(), e); err != nil {
		t.Error(err)
	}
	if r := w.Stop(); r.Peak.Descriptors < r.Baseline.Descriptors+10 {
		t.Errorf("the peak is not in %s", &r)
	}
}

func TestAWitnessReadsMetrics(t *testing.T) {
	var goroutines atomic.Int64
	goroutines.Store(7)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE go_goroutines gauge\ngo_goroutines %d\ngo_goroutines_other 9\ngo_cpu_classes_gc_total_cpu_seconds_total 1.5e-1\n",
			goroutines.Load())
	}))
	t.Cleanup(server.Close)
	w := watch(t, witness.Options{Metrics: server.URL})
	goroutines.Store(50)
	if err := w.Settle(t.Context(), witness.Envelope{Goroutines: 5, Within: 10 * quick}); err == nil {
		t.Error("43 goroutines more are no fault")
	}
	goroutines.Store(9)
	if err := w.Settle(t.Context(), witness.Envelope{Goroutines: 5, Within: time.Minute}); err != nil {
		t.Error(err)
	}
	r := w.Stop()
	if r.Baseline.Goroutines != 7 || r.Peak.Goroutines != 50 || r.Last.Goroutines != 9 || r.Last.GCSeconds != 0.15 {
		t.Errorf("%s, GC %v", &r, r.Last.GCSeconds)
	}
}

func TestABaselineBeginsPeaksAnew(t *testing.T) {
	n := 100
	w := watch(t, witness.Options{Goroutines: func() int { return n }, PID: 0})
	w.Stop() // nobody but the test looks
	n = 10
	if err := w.Baseline(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.Record(); r.Baseline.Goroutines != 10 || r.Peak.Goroutines != 10 {
		t.Errorf("%s", &r)
	}
}

func TestAProcessThatIsNotThere(t *testing.T) {
	if _, err := witness.Watch(t.Context(), witness.Options{PID: 1 << 30}); err == nil {
		t.Error("it was looked at")
	}
}

func TestAProcessThatHasEndedHasNotSettled(t *testing.T) {
	c := exec.CommandContext(t.Context(), "cat")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := witness.Watch(t.Context(), witness.Options{PID: c.Process.Pid, Every: quick})
	if err != nil {
		t.Fatal(err)
	}
	_ = input.Close()
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(t.Context(), witness.Envelope{Within: 10 * quick}); err == nil {
		t.Error("nobody is as before")
	}
	if r := w.Stop(); r.Missed == 0 || r.Why == nil {
		t.Error("nothing was missed")
	}
}
