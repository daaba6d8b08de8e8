package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

func replicas(t *testing.T, content string) (target string, write func(string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "replicas")
	write = func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(content)
	return "file://" + path, write
}

func TestTargetsOfBothKindsAreEndpointsOnceEach(t *testing.T) {
	target, write := replicas(t, "a:1\nb:1\nc:1\n")
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{Discovery: &Discovery{Grace: units.Duration(7 * time.Second)}}, "a:1", target)
		if diff := cmp.Diff([]string{"a:1"}, addresses(f)); diff != "" {
			t.Error("before the first call:", diff)
		}
		if _, err := call(t.Context(), f, "m"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"a:1", "b:1", "c:1"}, addresses(f)); diff != "" {
			t.Error(diff)
		}
		held, err := f.At(f.set.Endpoints()[1])
		if err != nil {
			t.Fatal(err)
		}
		write("c:1\nd:1\n") // a:1 is a target of its own
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"a:1", "c:1", "d:1"}, addresses(f)); diff != "" {
			t.Error(diff)
		}
		if w.host("b:1").isClosed() {
			t.Error("a call is in flight at b:1, and its connections are closed")
		}
		held.Done(balance.Answered)
		synctest.Wait()
		if w.host("a:1").isClosed() {
			t.Error("a:1 was closed")
		}
		if diff := cmp.Diff([]string{"a:1", "b:1", "c:1", "d:1"}, w.opened); diff != "" {
			t.Error("opened:", diff)
		}
		var from []string
		for _, e := range f.State().Endpoints {
			if e.State.State != balance.StateLeaving {
				from = append(from, e.Address+" "+e.Target)
			}
		}
		if diff := cmp.Diff([]string{"a:1" + " a:1", "c:1 " + target, "d:1 " + target}, from); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAddressThatCannotBeOpenedLeavesTheOthersInForce(t *testing.T) {
	target, write := replicas(t, "a:1\n")
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, target)
		if _, err := call(t.Context(), f, "m"); err != nil {
			t.Fatal(err)
		}
		write("bad:1\nb:1\n")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"a:1"}, addresses(f)); diff != "" {
			t.Error(diff)
		}
		want := []NameState{{Target: target, Addresses: []string{"a:1"}, Error: "bad:1 is no address"}}
		if diff := cmp.Diff(want, f.State().Names); diff != "" {
			t.Error(diff)
		}
		if lines := w.logged("not found"); len(lines) != 1 {
			t.Error("one line a change:", lines)
		}
		write("b:1\n")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]NameState{{Target: target, Addresses: []string{"b:1"}}}, f.State().Names); diff != "" {
			t.Error(diff)
		}
		if !w.host("a:1").isClosed() {
			t.Error("a:1 is gone, and its connections are not closed")
		}
	})
}

func TestCallOfANameThatIsNotFoundSaysWhichAndWhy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	synctest.Test(t, func(t *testing.T) {
		f := (&world{}).open(t, Policies{}, "file:"+path)
		_, err := call(t.Context(), f, "m")
		want := "upstream vision: no address of file:" + path + " is known: stat " + path + ": no such file or directory"
		if infer.CodeOf(err) != codes.Unavailable || err.Error() != want {
			t.Error(err)
		}
		if _, err := f.Endpoints(t.Context()); infer.CodeOf(err) != codes.Unavailable {
			t.Error(err)
		}
	})
}

// slow is a fleet whose name is not looked up but by the test.
func slow(t *testing.T) (*Fleet[*host], func([]string, error)) {
	t.Helper()
	f := (&world{}).open(t, Policies{}, "dns:///vision:8001")
	f.seek.Do(func() {})
	return f, func(addresses []string, err error) { f.roster.update(f.roster.targets[0], addresses, err) }
}

func TestFirstCallWaitsForTheFirstLookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, tell := slow(t)
		time.AfterFunc(time.Second, func() { tell([]string{"10.0.0.1:8001"}, nil) })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if at, err := call(ctx, f, "m"); err != nil || at != "10.0.0.1:8001" {
			t.Error(at, err)
		}
	})
}

func TestFirstCallWaitsForAQuarterOfItsTimeAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := slow(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := call(ctx, f, "m")
		want := "upstream vision: no address of dns:///vision:8001 is known: looking it up takes longer than 500ms"
		if infer.CodeOf(err) != codes.Unavailable || err.Error() != want || time.Since(start) != 500*time.Millisecond {
			t.Error(time.Since(start), err)
		}
	})
}

func TestFirstCallDoesNotWaitLongerThanItsCallerOrTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := slow(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := call(ctx, f, "m"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { f.Close() })
		if _, err := call(t.Context(), f, "m"); !errors.Is(err, balance.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestAddressesOfANameKeepItsAuthority(t *testing.T) {
	t.Parallel()
	w := &world{}
	f := w.open(t, Policies{}, "dns:///localhost:8001", "dns:///127.0.0.1:8001")
	endpoints, err := f.Endpoints(t.Context())
	if err != nil || len(endpoints) == 0 {
		t.Fatal(endpoints, err)
	}
	f.Close()
	for _, opened := range w.opened {
		switch opened {
		case "127.0.0.1:8001=localhost:8001", "[::1]:8001=localhost:8001", "127.0.0.1:8001=127.0.0.1:8001":
		default:
			t.Error(opened)
		}
	}
}

// What runs when the bubble ends fails the test: the fleet is not closed.
func TestNothingRunsBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if _, err := Open("vision", []string{"a:1", "b:1", "dns:///vision:8001", "file:replicas"}, Policies{}, &world{}, nil); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
	})
}

func TestFaultsOfTargetsNameTheirPlace(t *testing.T) {
	t.Parallel()
	for i, target := range []string{"bad:1", "dns:///vision"} {
		w := &world{}
		targets := []string{"a:1", "b:1"}
		targets[i] = target
		_, err := Open("vision", targets, Policies{}, w, nil)
		if err == nil || !cmp.Equal(err.Error()[:10], "targets["+strconv.Itoa(i)+"]") {
			t.Error(err)
		}
		if i == 1 && !w.host("a:1").isClosed() {
			t.Error("a:1 stays open")
		}
	}
}

func TestU9EndpointThatCannotBeReachedHasItsNameLookedUp(t *testing.T) {
	t.Parallel()
	target, _ := replicas(t, "a:1\n")
	f := (&world{}).open(t, Policies{}, "b:1", target)
	for _, state := range []string{balance.StateReady, balance.StateUnreachable, balance.StateUnreachable} {
		f.notify(balance.Event{Address: "b:1", State: state})
		if raised := len(f.roster.targets[1].alarm) == 1; raised != (state == balance.StateUnreachable) {
			t.Errorf("%s: alarm %v", state, raised)
		}
	}
}
