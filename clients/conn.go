package clients

import (
	"math"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// conn is one gRPC connection, or, when its target is a DNS name, one to each address of the name.
type conn struct {
	grpc   *grpc.ClientConn
	target target

	// Guarded by the pool's lock.
	inflight int
	failing  time.Time // when it was first seen unreachable; zero while it is not
}

// maxHeaderBytes bounds the headers and trailers of an answer; error texts and their details travel there.
const maxHeaderBytes = 256 << 10

// roundRobin spreads calls over the addresses of a DNS name; those that cannot be reached are left out.
const roundRobin = `{"loadBalancingConfig":[{"round_robin":{}}]}`

// newConn prepares a connection; the first call dials.
func newConn(t target, options []grpc.DialOption) (*conn, error) {
	if t.dns {
		options = append(slices.Clip(options), grpc.WithDefaultServiceConfig(roundRobin))
	}
	cc, err := grpc.NewClient(t.dial, options...)
	if err != nil {
		return nil, err
	}
	return &conn{grpc: cc, target: t}, nil
}

// dialOptions are those of every connection. Options are complete.
func (o Options) dialOptions(security credentials.TransportCredentials, w *witness) []grpc.DialOption {
	if security == nil {
		security = insecure.NewCredentials()
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(security),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: time.Duration(o.ConnectTimeout),
		}),
		grpc.WithDisableRetry(),         // retries are a policy around the Upstream; what was never processed is still sent again
		grpc.WithDisableServiceConfig(), // DNS does not configure the gateway
		grpc.WithMaxHeaderListSize(maxHeaderBytes),
		grpc.WithStatsHandler(w),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(codec{}),
			grpc.MaxCallRecvMsgSize(int(o.MessageBytes)),
			grpc.MaxCallSendMsgSize(math.MaxInt32), // Upstream checks MessageBytes, with an error that names the cure
		),
	}
	if o.TLS != nil && o.TLS.ServerName != "" {
		options = append(options, grpc.WithAuthority(o.TLS.ServerName))
	}
	if k := o.Keepalive; k != nil {
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                k.Time.or(defaultKeepaliveTime),
			Timeout:             k.Timeout.or(defaultKeepaliveWait),
			PermitWithoutStream: k.WithoutCalls,
		}))
	}
	return options
}
