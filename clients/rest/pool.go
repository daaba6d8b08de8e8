package rest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/manifold-serving/manifold/clients"
)

// pool are the replicas of a server. It is safe for concurrent use.
type pool struct {
	replicas []*replica
	next     atomic.Uint64
}

// replica is one target with its connections.
type replica struct {
	target    clients.HTTPTarget
	url       string // what goes in front of a path
	transport *transport

	mu   sync.Mutex
	down time.Time // when it could not be reached; zero: it could
}

// outage is how long a replica that could not be reached is asked last.
const outage = time.Second

func (p *pool) open(o clients.Options) error {
	configs, err := o.TLS.Configs()
	if err != nil {
		return err
	}
	for _, text := range o.Targets {
		t, err := clients.ParseHTTPTarget(text)
		if err != nil {
			return err
		}
		scheme := t.Scheme
		if scheme == "h2c" {
			scheme = "http"
		}
		p.replicas = append(p.replicas, &replica{target: t, url: scheme + "://" + t.Host + t.Path, transport: newTransport(t, o, configs)})
	}
	return nil
}

// order is in which order the replicas are tried: the one whose turn it is, and at the end those that were not reached of late.
func (p *pool) order() []*replica {
	turn := int(p.next.Add(1)-1) % len(p.replicas)
	order := make([]*replica, 0, len(p.replicas))
	var last []*replica
	for i := range p.replicas {
		r := p.replicas[(turn+i)%len(p.replicas)]
		if r.isDown() {
			last = append(last, r)
		} else {
			order = append(order, r)
		}
	}
	return append(order, last...)
}

func (r *replica) isDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.down.IsZero() && time.Since(r.down) < outage
}

// reached notes whether a connection came about.
func (r *replica) reached(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = time.Time{}
	if !yes {
		r.down = time.Now()
	}
}

func (p *pool) close() {
	for _, r := range p.replicas {
		r.transport.CloseIdleConnections()
	}
}
