package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// recognise returns an error when another server is at the link's address than at the others, as package clients has it: it is asked over a
// connection of its own, and what it says is compared with what another endpoint does. When there is no other to compare with whoever is
// there is taken for the server.
func (w *wire) recognise(ctx context.Context, l *link) error {
	models := w.server.called()
	expected, ok := w.reference(ctx, l, models)
	if !ok {
		return nil
	}
	scout := newLink(l.target, w.server.options, w.configs)
	defer func() { _ = scout.Close() }()
	found, err := identify(ctx, scout, models)
	if err != nil {
		return errors.New("it does not say what it is: " + clients.Clean(err.Error()))
	}
	return expected.Admit(found, func(model, reason string) { w.server.fleet.Veto(l, model, reason) })
}

// reference is what another endpoint says that it is; false when none can be asked.
func (w *wire) reference(ctx context.Context, l *link, models []string) (clients.Identity, bool) {
	for _, other := range w.server.links.all() {
		if other == l || other.connector.connections() == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, time.Duration(w.server.options.ConnectTimeout)/4) // some of the time is the newcomer's
		found, err := identify(limited, other, models)
		cancel()
		if err == nil {
			return found, true
		}
	}
	return clients.Identity{}, false
}

// identify asks a server what it is, and what it has for models. The error says that it does not answer.
func identify(ctx context.Context, l *link, models []string) (clients.Identity, error) {
	i := clients.Identity{Models: map[string]*infer.Metadata{}}
	a, err := answered(ctx, l, pathOfAll)
	if err != nil {
		return i, err
	}
	var server aboutServer
	if json.Unmarshal(a.body, &server) == nil && a.status == http.StatusOK {
		i.Name = server.Name
	}
	for _, model := range models {
		if a, err = answered(ctx, l, modelPath(model)); err != nil {
			return i, err
		}
		if a.status == http.StatusOK {
			i.Models[model], _ = decodeMetadata(a.body) // what is not metadata tells nothing
		}
	}
	return i, nil
}

// answered asks a question. The error says that the server does not answer it for itself.
func answered(ctx context.Context, l *link, path string) (*answer, error) {
	a, err := send(ctx, l, query{method: http.MethodGet, path: path, limit: maxMetadata})
	if err == nil && (a.status == http.StatusBadGateway || a.status == http.StatusServiceUnavailable || a.status == http.StatusGatewayTimeout) {
		return nil, fmt.Errorf("it answered HTTP %d", a.status)
	}
	return a, err
}
