package rest

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// maxConfig bounds a configuration, in bytes; as messages it takes some sixty times as many.
const maxConfig = 256 << 10

// Config implements [infer.Configurer]: the server's own configuration of the model where the server lists Triton's extension,
// remembered for half a minute, and otherwise what the metadata tell. The caller must not change it.
func (m *model) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	t, err := m.server.told(ctx)
	if err != nil {
		return nil, err
	}
	if t.config {
		return m.server.configs.get(ctx, m.path(m.version), always[*inferencepb.ModelConfig](lifetime), m.askConfig)
	}
	described, err := m.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return described.Config(), nil
}

func (m *model) askConfig(ctx context.Context) (*inferencepb.ModelConfig, error) {
	a, err := m.server.ask(ctx, m.name, query{method: http.MethodGet, path: m.path(m.version) + "/config", limit: maxConfig})
	if err != nil {
		return nil, err
	}
	c := &inferencepb.ModelConfig{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(a.body, c); err != nil {
		return nil, m.server.broken(a, "its configuration", err)
	}
	return c, nil
}
