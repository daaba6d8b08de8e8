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
	grpc     *grpc.ClientConn
	replica  *replica
	inflight int // guarded by the pool's lock
}

// maxHeaderBytes bounds the headers and trailers of an answer; error texts and their details travel there.
const maxHeaderBytes = 256 << 10

// roundRobin spreads calls over the addresses of a DNS name; those that cannot be reached are left out.
const roundRobin = `{"loadBalancingConfig":[{"round_robin":{}}]}`

// newConn prepares a connection of the replica; the first call dials.
func (p *pool) newConn(r *replica, options []grpc.DialOption) (*conn, error) {
	c := &conn{replica: r}
	options = append(slices.Clip(options), grpc.WithStatsHandler(&witness{p, r}))
	if r.target.dns {
		options = append(options, grpc.WithDefaultServiceConfig(roundRobin))
	}
	var err error
	c.grpc, err = grpc.NewClient(r.target.dial, options...)
	return c, err
}

// dialOptions are those of every connection. Options are complete.
func (o Options) dialOptions(security credentials.TransportCredentials) []grpc.DialOption {
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
			Time:                k.Time.Or(defaultKeepaliveTime),
			Timeout:             k.Timeout.Or(defaultKeepaliveWait),
			PermitWithoutStream: k.WithoutCalls,
		}))
	}
	return options
}
