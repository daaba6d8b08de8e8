package config

import "github.com/manifold-serving/manifold/server"

// Gateway is this process: where it listens and how much it takes on.
type Gateway struct {
	Metadata Metadata
	Source   Source
	Spec     server.Options // zero fields stand for their defaults
}

func (l *loader) gateway(d *document) {
	e, misfits := open[server.Options, any](d)
	if e.Spec == nil {
		e.Spec = &server.Options{}
	}
	if faults := misfits.with(d.specFaults(e.Spec.Validate())); len(faults) > 0 {
		l.fault(faults...)
		return
	}
	if l.resources.Gateway == nil {
		l.resources.Gateway = &Gateway{Metadata: e.Metadata, Source: d.source(), Spec: *e.Spec}
	}
}

// ServerOptions are those of the Gateway; without one, the zero value, which is all defaults.
func (r *Resources) ServerOptions() server.Options {
	if r.Gateway == nil {
		return server.Options{}
	}
	return r.Gateway.Spec
}
