package fleet

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/discovery"
)

// roster is which endpoints there are, and which targets name them. It is safe for concurrent use.
type roster[L balance.Link] struct {
	set       *balance.Set[L]
	transport Transport[L]
	grace     time.Duration
	left      func(*balance.Endpoint[L]) // is told of endpoints that go
	logger    *slog.Logger
	dynamic   bool         // a target is
	count     atomic.Int32 // of members

	updating sync.Mutex // held by who changes what follows, also while the set is changed, which tells of it

	mu      sync.Mutex // of what follows; never held while others are called
	targets []*named
	members map[string]*balance.Endpoint[L] // by address
	changed chan struct{}                   // closed and replaced when something is
}

// named is a target and the addresses that it stands for.
type named struct {
	target    string
	dynamic   bool
	addresses []string
	told      bool          // it was looked at
	alarm     chan struct{} // gets a value when an endpoint cannot be reached
	fault     error         // of the last look
}

// join opens the target i, or, being dynamic, notes it. It is called before anything runs.
func (r *roster[L]) join(target string) error {
	n := &named{target: target, dynamic: discovery.Dynamic(target), alarm: make(chan struct{}, 1)}
	r.targets = append(r.targets, n)
	if n.dynamic {
		r.dynamic = true
		return discovery.Check(target)
	}
	n.told = true
	return r.change(n, []string{target})
}

// update tells what discovery found of a target.
func (r *roster[L]) update(n *named, addresses []string, err error) {
	r.updating.Lock()
	defer r.updating.Unlock()
	if err == nil {
		err = r.change(n, addresses)
	}
	switch {
	case err == nil:
		r.logger.Info("upstream addresses found", "target", n.target, "addresses", n.addresses)
	case n.fault == nil || n.fault.Error() != err.Error():
		r.logger.Warn("upstream addresses not found", "target", n.target, "error", err, "kept", len(n.addresses))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n.told, n.fault = true, err
	close(r.changed)
	r.changed = make(chan struct{})
}

// change makes the addresses those of the target. When one cannot be opened, all stays as it was. Nobody else changes anything meanwhile.
func (r *roster[L]) change(n *named, addresses []string) error {
	opened, err := r.open(n, addresses)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if link, ok := opened[address]; ok {
			r.enter(address, r.set.Add(address, link))
			delete(opened, address)
		}
	}
	gone := n.addresses
	r.mu.Lock()
	n.addresses = addresses
	r.mu.Unlock()
	for _, address := range gone {
		if !r.has(address) {
			e := r.members[address]
			r.enter(address, nil)
			r.set.Remove(e, r.grace)
			r.left(e)
		}
	}
	return nil
}

// enter notes who is at an address; nil: nobody is.
func (r *roster[L]) enter(address string, e *balance.Endpoint[L]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e == nil {
		delete(r.members, address)
	} else {
		r.members[address] = e
	}
	r.count.Store(int32(len(r.members)))
}

// open opens the addresses that are new.
func (r *roster[L]) open(n *named, addresses []string) (map[string]L, error) {
	opened := map[string]L{}
	authority := ""
	if n.dynamic {
		authority = discovery.Authority(n.target)
	}
	for _, address := range addresses {
		if r.members[address] != nil {
			continue
		}
		link, err := r.transport.Open(address, authority)
		if err != nil {
			for _, other := range opened {
				_ = other.Close() // nothing was sent
			}
			return nil, err
		}
		opened[address] = link
	}
	return opened, nil
}

// has reports whether a target has the address.
func (r *roster[L]) has(address string) bool {
	return slices.ContainsFunc(r.targets, func(n *named) bool { return slices.Contains(n.addresses, address) })
}

// raise has dynamic targets looked at soon.
func (r *roster[L]) raise() {
	for _, n := range r.targets {
		select {
		case n.alarm <- struct{}{}:
		default: // it is on its way
		}
	}
}

// outlook is nil when there is an endpoint; otherwise what waits to change, and why nothing is there: nil while a target was not
// looked at yet.
func (r *roster[L]) outlook() (changed <-chan struct{}, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) > 0 {
		return nil, nil
	}
	for _, n := range r.targets {
		if !n.told {
			return r.changed, nil
		}
		if why == nil && n.fault != nil {
			why = fmt.Errorf("no address of %s is known: %w", n.target, n.fault)
		}
	}
	return r.changed, why
}

// member is the endpoint at an address; nil when there is none any more.
func (r *roster[L]) member(address string) *balance.Endpoint[L] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members[address]
}

// names are the states of the dynamic targets, and target is which one an address is from.
func (r *roster[L]) names() (names []NameState, target map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	target = map[string]string{}
	for _, n := range r.targets {
		for _, address := range n.addresses {
			if target[address] == "" {
				target[address] = n.target
			}
		}
		if !n.dynamic {
			continue
		}
		s := NameState{Target: n.target, Addresses: n.addresses}
		if n.fault != nil {
			s.Error = n.fault.Error()
		}
		names = append(names, s)
	}
	return names, target
}
