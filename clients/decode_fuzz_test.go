package clients

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// FuzzAnswersOfServers: whatever a server says of itself, it is read or refused.
func FuzzAnswersOfServers(f *testing.F) {
	for _, m := range []proto.Message{
		&inferencepb.ModelConfigResponse{Config: &inferencepb.ModelConfig{Name: "m", Input: []*inferencepb.ModelInput{{Name: "x", Dims: []int64{-1}}}}},
		&inferencepb.ModelMetadataResponse{Name: "m", Properties: map[string]string{"a": "b"}, Versions: []string{"1"}},
		&inferencepb.RepositoryIndexResponse{Models: []*inferencepb.RepositoryIndexResponse_ModelIndex{{Name: "m", State: "State.READY"}}},
	} {
		wire, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		if c, err := decodeConfig(wire); (c == nil) == (err == nil) {
			t.Errorf("configuration %v, error %v", c, err)
		}
		if m, err := decodeMetadata(wire); (m == nil) == (err == nil) {
			t.Errorf("metadata %v, error %v", m, err)
		}
		if entries, err := decodeIndex(wire, patterns{"*"}); err != nil && entries != nil {
			t.Errorf("index %v, error %v", entries, err)
		}
	})
}
