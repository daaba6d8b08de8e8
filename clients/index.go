package clients

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// ErrNoIndex is in the error of [Server.Index] when the server cannot list its models, as KServe's cannot.
var ErrNoIndex = errors.New("the server does not list its models")

// IndexEntry is a model of a server's repository, or one of its versions. Source: Triton's model repository extension.
type IndexEntry struct {
	Name    string
	Version string // empty when the server has none, or does not tell
	State   string // READY, UNAVAILABLE, LOADING, UNLOADING, UNKNOWN or empty
	Reason  string // of the state
}

// listing is the index, or that there is none.
type listing struct {
	entries []IndexEntry
	none    bool
}

const (
	maxIndexBytes   = 4 << 20
	maxIndexEntries = 32 << 10
)

// Index lists the models that the server has, loaded or not, as far as Models exposes them. It is remembered for a second; the
// caller must not change it. UNIMPLEMENTED, wrapping [ErrNoIndex], when the server has no index.
func (s *Server) Index(ctx context.Context) ([]IndexEntry, error) {
	l, err := s.index(ctx, doubtfulLife)
	if err != nil {
		return nil, s.own(err)
	}
	if l.none {
		return nil, &infer.Error{Code: codes.Unimplemented, Origin: s.origin(""), Reason: ErrNoIndex.Error(), Cause: ErrNoIndex}
	}
	return l.entries, nil
}

// index returns the listing, no older than age; that there is none holds longer.
func (s *Server) index(ctx context.Context, age time.Duration) (listing, error) {
	return s.listing.get(ctx, "", source[listing]{
		ask: s.askIndex,
		life: func(l listing) time.Duration {
			if l.none {
				return lifetime
			}
			return age
		},
		generation: s.generation.Load,
	})
}

func (s *Server) askIndex(ctx context.Context) (listing, trip, error) {
	reply, way, err := ask[infer.Frame](ctx, s, "", inferencepb.GRPCInferenceService_RepositoryIndex_FullMethodName,
		&inferencepb.RepositoryIndexRequest{}, grpc.MaxCallRecvMsgSize(maxIndexBytes))
	if infer.CodeOf(err) == codes.Unimplemented {
		return listing{none: true}, way, nil
	}
	if err != nil {
		return listing{}, way, err
	}
	defer reply.Buffers.Free()
	entries, err := decodeIndex(reply.Buffers.Materialize(), s.models)
	if err != nil {
		return listing{}, way, s.undecodable(way, "repository index", err)
	}
	return listing{entries: entries}, way, nil
}

// mlserverState stands before MLServer's states.
const mlserverState = "State."

// decodeIndex reads a RepositoryIndexResponse. The entries are counted first, for generated types take far more memory than the wire.
func decodeIndex(data []byte, exposed patterns) ([]IndexEntry, error) {
	none := func(protowire.Number, protowire.Type, []byte, []byte) error { return nil }
	if err := eachField(data, maxIndexEntries, none); err != nil {
		return nil, err
	}
	var index inferencepb.RepositoryIndexResponse
	if err := proto.Unmarshal(data, &index); err != nil {
		return nil, err
	}
	entries := make([]IndexEntry, 0, len(index.GetModels()))
	for _, m := range index.GetModels() {
		if exposed.match(m.GetName()) {
			entries = append(entries, IndexEntry{m.GetName(), m.GetVersion(), strings.TrimPrefix(m.GetState(), mlserverState), m.GetReason()})
		}
	}
	return entries, nil
}

func (l listing) has(model string) bool {
	for i := range l.entries {
		if l.entries[i].Name == model {
			return true
		}
	}
	return false
}
