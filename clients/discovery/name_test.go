package discovery

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// update is what Watch tells.
type update struct {
	addresses []string
	fault     string
}

// following watches a target until the test ends.
func following(t *testing.T, target string, interval time.Duration) <-chan update {
	t.Helper()
	updates := make(chan update, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Watch(ctx, target, interval, Alarm{}, func(addresses []string, err error) {
			u := update{addresses: addresses}
			if err != nil {
				u.fault = err.Error()
			}
			updates <- u
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return updates
}

func TestNameIsItsAddressesOfBothKindsSortedWithoutRepeats(t *testing.T) {
	t.Parallel()
	d := serveDomain(t)
	d.set(0, "10.0.0.2", "10.0.0.1", "fd00::1", "10.0.0.2")
	got := <-following(t, "dns://"+d.address+"/vision.test.:8001", time.Minute)
	if diff := cmp.Diff([]string{"10.0.0.1:8001", "10.0.0.2:8001", "[fd00::1]:8001"}, got.addresses); diff != "" || got.fault != "" {
		t.Error(got.fault, diff)
	}
}

func TestNameIsAskedForAgainAndChangesAreTold(t *testing.T) {
	t.Parallel()
	d := serveDomain(t)
	d.set(0, "10.0.0.1")
	updates := following(t, "dns://"+d.address+"/vision.test.:8001", 10*time.Millisecond)
	steps := []struct {
		code byte
		give []string
		want update
	}{
		{0, []string{"10.0.0.1"}, update{addresses: []string{"10.0.0.1:8001"}}},
		{0, []string{"10.0.0.1", "10.0.0.2"}, update{addresses: []string{"10.0.0.1:8001", "10.0.0.2:8001"}}},
		{0, nil, update{fault: "look-up of vision.test.: there is no such name, or it has no address"}}, // an empty answer is none
		{serverFailure, nil, update{fault: "look-up of vision.test.: the name server " + d.address + ": server misbehaving"}},
		{noSuchName, nil, update{fault: "look-up of vision.test.: there is no such name, or it has no address"}},
		{0, []string{"10.0.0.1", "10.0.0.2"}, update{addresses: []string{"10.0.0.1:8001", "10.0.0.2:8001"}}}, // well again, and as before
		{0, []string{"10.0.0.3"}, update{addresses: []string{"10.0.0.3:8001"}}},
	}
	for _, step := range steps {
		d.set(step.code, step.give...)
		if diff := cmp.Diff(step.want, <-updates, cmp.AllowUnexported(update{})); diff != "" {
			t.Fatal(step.give, diff)
		}
	}
}

func TestAddressIsItsOwn(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"dns:///127.0.0.1:8001": "127.0.0.1:8001",
		"dns:[::1]:8001":        "[::1]:8001",
	} {
		if got := <-following(t, target, time.Minute); !cmp.Equal(got.addresses, []string{want}) {
			t.Error(target, got)
		}
	}
}

func TestNoAddressAndTooManyAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := tidy(nil); err == nil || err.Error() != "it has no address" {
		t.Error(err)
	}
	if _, err := tidy(strings.Fields(many(MaxAddresses + 1))); err == nil || err.Error() != "it has 1001 addresses; at most 1000 are allowed" {
		t.Error(err)
	}
}

// The gateway's own port is in the resolver's error, and another one each time: a text that changes would be logged each time.
func TestFaultOfANameServerThatIsGoneStaysTheSame(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	conn.Close()
	s, err := parse("dns://" + address + "/vision.test.:8001")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.look(t.Context()); err == nil || err.Error() != "look-up of vision.test.: the name server "+address+": connection refused" {
			t.Error(err)
		}
	}
}
