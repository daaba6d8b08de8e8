package manifold

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/manifold-serving/manifold/clients/rest"
	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/internal/nearest"
)

// checkExtensions sees to it that extensions are opened for ModelServers that there are and that can be administered: what is listed
// among the gateway's extensions is fully on.
func (b *builder) checkExtensions(context.Context) error {
	opened := b.resources.ServerOptions().Extensions
	var faults config.Faults
	for field, name := range opened.Opened() {
		var reason string
		switch s := b.next.upstreams[name].(type) {
		case nil:
			reason = fmt.Sprintf("there is no ModelServer %q%s", name, nearest.Suggest(name, slices.Collect(maps.Keys(b.next.upstreams))))
		case *rest.Server:
			reason = fmt.Sprintf("ModelServer %q is called over HTTP, and extensions are over gRPC: name its gRPC port in its targets", s.Name())
		default:
			continue
		}
		fault := b.resources.Place("Gateway", b.resources.Gateway.Metadata.Name, "spec.extensions."+field)
		fault.Message = reason
		faults = append(faults, fault)
	}
	if faults != nil {
		return faults
	}
	return nil
}
