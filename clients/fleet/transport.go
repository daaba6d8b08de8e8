package fleet

import (
	"context"

	"github.com/manifold-serving/manifold/clients/balance"
)

// Transport brings what a fleet cannot know. Its errors are *infer.Error, by whose code the fleet tells what they mean.
type Transport[L balance.Link] interface {
	// Open prepares the connections to an address: a target as the options have it, a line of a file, or IP:PORT for a name, and then
	// authority is HOST:PORT of the name, by which certificates and virtual hosts go; otherwise it is empty. The first call dials.
	Open(address, authority string) (L, error)

	// Live asks an endpoint whether it answers at all. Any answer will do, also that it is not live or knows no such question; nil means
	// that there was one. It is asked whatever the endpoint's state, and not by way of the fleet.
	Live(ctx context.Context, link L) error

	// Ready asks an endpoint whether a model is ready there. With NOT_FOUND it is not; with UNIMPLEMENTED the endpoint cannot tell; any
	// other error says that it could not be asked. Like Live it is not asked by way of the fleet.
	Ready(ctx context.Context, link L, model string) (bool, error)
}

// Resetter is what a link may be as well.
type Resetter interface {
	// Reset makes its connections anew: one that leads nowhere does not heal. Calls on them may fail.
	Reset()
}
