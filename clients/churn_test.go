package clients_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/clients/fleet"
)

func TestU9NoCallFailsWhileEndpointsComeAndGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replicas")
	write := func(addresses []string) {
		if err := os.WriteFile(path, []byte(strings.Join(addresses, "\n")), 0o600); err != nil {
			t.Error(err)
		}
	}
	all := []string{"a:1", "b:1", "c:1", "d:1"}
	write(all[:2])
	synctest.Test(t, func(t *testing.T) {
		var n network
		for _, address := range all {
			defer n.serve(address, &fake{infer: func(context.Context, []byte) ([]byte, error) {
				time.Sleep(50 * time.Millisecond) // so that an address goes while calls are in flight there
				return nil, nil
			}})()
		}
		// Calls at an address that goes are left to end: none has to be made again.
		s := n.open(t, clients.Options{Targets: []string{"file:" + path}, Policies: fleet.Policies{Retries: &dispatch.Retries{Disabled: true}}})
		for i := range 24 {
			rotated := slices.Concat(all[i%4:], all[:i%4])
			write(rotated[:1+i%3])
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for range 60 {
						if err := call(t.Context(), t, s.Model("m")); err != nil {
							t.Errorf("after change %d: %v", i, err)
						}
					}
				})
			}
			callers.Wait()
			var got []string
			for _, e := range s.State().Endpoints {
				if e.State.State != "leaving" {
					got = append(got, e.Address)
				}
			}
			slices.Sort(got)
			want := rotated[:1+i%3]
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("after change %d: %v, want %v", i, got, want)
			}
		}
	})
}

func TestFileThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	s := open(t, clients.Options{Targets: []string{"file:" + t.TempDir() + "/replicas"}})
	err := call(t.Context(), t, s.Model("m"))
	want := "upstream vision: no address of " + s.State().Names[0].Target + " is known: stat " + strings.TrimPrefix(s.State().Names[0].Target, "file:") + ": no such file or directory"
	wantError(t, err, codes.Unavailable, want)
}
