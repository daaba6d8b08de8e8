package discovery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// MaxAddresses is how many addresses a target may stand for: each costs connections and questions.
const MaxAddresses = 1000

// Dynamic reports whether a target stands for addresses that may change: dns:///HOST:PORT, dns://SERVER/HOST:PORT or dns:HOST:PORT, or
// file:PATH or file:///PATH, of a file that has a target a line. A host may be called file: file:8001 is one.
func Dynamic(target string) bool {
	scheme, rest, found := strings.Cut(target, ":")
	return found && (scheme == "dns" || scheme == "file" && strings.Trim(rest, "0123456789") != "")
}

// Check tells what is wrong with a dynamic target, as far as can be known without looking.
func Check(target string) error {
	_, err := parse(target)
	return err
}

// Authority is HOST:PORT of a name, by which certificates and virtual hosts go, whatever its addresses. It is empty for a file, whose
// lines speak for themselves.
func Authority(target string) string {
	if s, err := parse(target); err == nil {
		return s.authority()
	}
	return ""
}

// source is what a target stands for.
type source interface {
	// look returns the addresses, in any order. It returns soon after ctx is done.
	look(ctx context.Context) ([]string, error)

	// pause is how long to wait for the next look, after so many that failed in a row.
	pause(interval time.Duration, failures int) time.Duration

	authority() string
}

func parse(target string) (source, error) {
	if !Dynamic(target) {
		return nil, fmt.Errorf("%q is neither a name nor a file; write dns:///HOST:PORT or file:///PATH", target)
	}
	scheme, rest, _ := strings.Cut(target, ":")
	if scheme == "file" {
		return parseFile(target, rest)
	}
	return parseName(target, rest)
}

// Watch tells update the addresses of a dynamic target: at once, and, until ctx is done, whenever they have changed. Each time there are
// either addresses, sorted and without repeats, or an error, which leaves those in force that were told before; one that lasts is told
// once. A name is asked for again after interval, give or take a fifth, or sooner when that failed; a file is looked at every second. It
// returns when ctx is done, and calls update from its own goroutine alone. An alarm has it look sooner.
func Watch(ctx context.Context, target string, interval time.Duration, alarm Alarm, update func(addresses []string, err error)) {
	s, err := parse(target)
	if err != nil {
		update(nil, err)
		<-ctx.Done()
		return
	}
	watch(ctx, s, interval, alarm, update)
}

func watch(ctx context.Context, s source, interval time.Duration, alarm Alarm, update func([]string, error)) {
	told := teller{update: update}
	failures, alarmed := 0, false
	for {
		addresses, err := s.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			addresses, err = tidy(addresses)
		}
		told.tell(addresses, err)
		alarmed = alarmed && alarm.Lost()
		if failures++; err == nil && !alarmed {
			failures = 0
		}
		before := alarmed
		if alarmed = alarm.wait(ctx, jittered(s.pause(interval, failures))) || alarmed; alarmed && !before {
			failures = 0
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// tidy bounds what was found, and puts it in order. Nothing is no address to go to.
func tidy(addresses []string) ([]string, error) {
	addresses = slices.Clone(addresses)
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	if len(addresses) == 0 {
		return nil, errors.New("it has no address")
	}
	if len(addresses) > MaxAddresses {
		return nil, fmt.Errorf("it has %d addresses; at most %d are allowed", len(addresses), MaxAddresses)
	}
	return addresses, nil
}

// teller tells what is new.
type teller struct {
	update    func([]string, error)
	begun     bool
	addresses []string
	fault     string
}

func (t *teller) tell(addresses []string, err error) {
	fault := ""
	if err != nil {
		fault, addresses = err.Error(), t.addresses
	}
	if t.begun && fault == t.fault && slices.Equal(addresses, t.addresses) {
		return
	}
	t.begun, t.addresses, t.fault = true, addresses, fault
	if err != nil {
		addresses = nil
	}
	t.update(addresses, err)
}

// jittered is d give or take a fifth, so that gateways which began together do not go on so.
func jittered(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1) //nolint:gosec // nobody gains from guessing it
}
