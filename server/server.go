package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress with it
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/reflection"

	"github.com/manifold-serving/manifold/infer"
	_ "github.com/manifold-serving/manifold/server/deflate" // and with this
)

// Deps are optional collaborators.
type Deps struct {
	Logger        *slog.Logger                    // nil discards
	Registry      *prometheus.Registry            // nil means one of its own; /metrics serves it. Two servers cannot share one
	Version       string                          // of the gateway, for its metadata
	ServerOptions []grpc.ServerOption             // for the gRPC edge, such as a stats handler for traces
	HTTP          func(http.Handler) http.Handler // around the REST edge, for traces
	Admin         http.Handler                    // answers on the admin edge what that itself does not; nil: 404
	Buffers       mem.BufferPool                  // nil means grpc-go's
}

func (d Deps) withDefaults() Deps {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Registry == nil {
		d.Registry = prometheus.NewRegistry()
	}
	if d.HTTP == nil {
		d.HTTP = func(h http.Handler) http.Handler { return h }
	}
	if d.Buffers == nil {
		d.Buffers = mem.DefaultBufferPool()
	}
	return d
}

// Server is the edges of a gateway. It serves once.
type Server struct {
	options   Options
	logger    *slog.Logger
	readiness *readiness
	edges     []*edge // the data edges
	admin     *edge   // nil when it is off
	hurry     chan struct{}
	once      sync.Once // closes hurry
}

// New builds the edges. The error joins all faults of o, each naming its field.
func New(catalog Catalog, o Options, d Deps) (*Server, error) {
	if faults := o.Validate(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	o, d = o.withDefaults(), d.withDefaults()
	allowance := &budget{limit: int64(o.Limits.InflightBytes)}
	measures, err := newMetrics(d.Registry, allowance)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	each := stages(cleaning, recovering(d.Logger), logging(d.Logger), measures.measure)
	around := each.identified()
	ready := newReadiness(catalog)
	core := &inference{
		catalog: catalog, budget: allowance, each: each, stopping: ready.stopping, requests: o.Limits.RequestsPerStream,
		outputs: o.Outputs, memory: o.Extensions.memory(),
	}
	desc := describe(core, o.Extensions)
	calls := &control{catalog: catalog, readiness: ready, version: d.Version, extensions: o.Extensions}
	s := &Server{options: o, logger: d.Logger, readiness: ready, hurry: make(chan struct{})}
	if o.GRPC != Off {
		s.edges = append(s.edges, grpcEdge(o.GRPC, func() *grpc.Server {
			return newGRPC(o.Limits, d, around, desc, calls)
		}))
	}
	if o.REST != Off {
		front := &rest{
			catalog: catalog, readiness: ready, inference: core, interceptors: around,
			messageBytes: int64(o.Limits.MessageBytes), compress: o.CompressResponses, buffers: d.Buffers, logger: d.Logger,
			basePath: o.BasePath, strict: o.Strict,
		}
		front.conn = newInProcess(desc, calls, around.unary, front.accept)
		if err := front.build(context.Background()); err != nil {
			return nil, fmt.Errorf("rest: %w", err)
		}
		server := newHTTP(d.HTTP(front), o.Limits, d.Logger)
		server.ReadTimeout = readTimeout // infer sets its own as its body arrives
		s.edges = append(s.edges, httpEdge("rest", o.REST, server))
	}
	if o.Admin != Off {
		s.admin = httpEdge("admin", o.Admin, newHTTP(admin(d.Registry, ready, d.Admin), o.Limits, d.Logger))
	}
	return s, nil
}

// Clients may ping as often as this; the others of these bound what a silent peer holds.
const (
	minPing       = 10 * time.Second
	handshake     = 5 * time.Second
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 5 * time.Minute
)

// streamWorkers run calls one after another: the stack of a new goroutine is copied several times before it is as deep as a call
// needs it. More calls than these get goroutines of their own.
const streamWorkers = 64

func newGRPC(l Limits, d Deps, around interceptors, desc *grpc.ServiceDesc, calls *control) *grpc.Server {
	s := grpc.NewServer(append([]grpc.ServerOption{
		grpc.ForceServerCodecV2(infer.Codec{}),
		grpc.UnaryInterceptor(around.unary),
		grpc.StreamInterceptor(around.stream),
		grpc.MaxRecvMsgSize(int(min(l.MessageBytes, maxGRPCMessage))),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.MaxConcurrentStreams(uint32(l.StreamsPerConnection)),
		grpc.MaxHeaderListSize(uint32(l.HeaderBytes)),
		grpc.ConnectionTimeout(handshake),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTimeout}),
		grpc.NumStreamWorkers(streamWorkers),
		experimental.BufferPool(d.Buffers),
	}, d.ServerOptions...)...)
	s.RegisterService(desc, overGRPC{calls})
	grpc_health_v1.RegisterHealthServer(s, &health{readiness: calls.readiness})
	reflection.Register(s) // v1 and v1alpha
	return s
}

func newHTTP(h http.Handler, l Limits, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    int(l.HeaderBytes),
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
