package clients

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Dialect is a kind of model server. They differ in details of the protocol.
type Dialect string

// The dialects. Auto asks the server for its name; one that is none of these is taken to speak the protocol as it is written.
const (
	Auto     Dialect = "auto"
	Triton   Dialect = "triton"
	KServe   Dialect = "kserve"
	MLServer Dialect = "mlserver"
	OpenVINO Dialect = "openvino"
)

// Dialects lists them all.
func Dialects() []Dialect { return []Dialect{Auto, Triton, KServe, MLServer, OpenVINO} }

// detection is what a server was found to be.
type detection struct {
	dialect Dialect
	unsure  bool // it did not say
}

// detectWait bounds how long a server may take to say what it is; no request waits longer for it.
const detectWait = 2 * time.Second

// dialect is the kind of the server, as configured or as it says itself; Auto when it does not tell. It is asked once as long as its
// connections stay. The error says that it cannot be reached.
func (s *Server) dialect(ctx context.Context) (Dialect, error) {
	if s.options.Dialect != Auto {
		return s.options.Dialect, nil
	}
	found, err := s.detected.get(ctx, "", source[detection]{
		ask: s.askDialect,
		life: func(d detection) time.Duration {
			if d.unsure {
				return doubtfulLife
			}
			return forever
		},
		generation: s.generation.Load,
	})
	if err != nil {
		return Auto, s.own(err)
	}
	return found.dialect, nil
}

func (s *Server) askDialect(ctx context.Context) (detection, trip, error) {
	limited, cancel := context.WithTimeout(ctx, detectWait)
	defer cancel()
	reply, way, err := ask[inferencepb.ServerMetadataResponse](limited, s, "",
		inferencepb.GRPCInferenceService_ServerMetadata_FullMethodName, &inferencepb.ServerMetadataRequest{}, probeSize())
	switch {
	case err == nil:
		return detection{dialect: dialectOf(reply)}, way, nil
	case ctx.Err() != nil, infer.CodeOf(err) == codes.Unavailable, errors.Is(err, balance.ErrClosed):
		return detection{}, way, err
	}
	return detection{dialect: Auto, unsure: inconclusive(err)}, way, nil
}

// dialectOf tells a server by its name, or as Triton's kin by what only Triton's protocol has.
func dialectOf(m *inferencepb.ServerMetadataResponse) Dialect {
	name := strings.ToLower(m.GetName())
	switch {
	case strings.Contains(name, "triton"), slices.Contains(m.GetExtensions(), "model_configuration"):
		return Triton
	case strings.Contains(name, "mlserver"):
		return MLServer
	case strings.Contains(name, "kserve"):
		return KServe
	case strings.Contains(name, "openvino"):
		return OpenVINO
	}
	return Auto
}
