package clients

import (
	"math"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// conn is one gRPC connection.
type conn struct {
	grpc     *grpc.ClientConn
	inflight int          // guarded by the link's lock, as is taken
	taken    time.Time    // by the last call
	begun    atomic.Int32 // calls in flight that have a stream
	last     atomic.Int64 // when one got it, in Unix nanoseconds
	closed   atomic.Bool  // by the gateway
}

// maxHeaderBytes bounds the headers and trailers of an answer; error texts and their details travel there.
const maxHeaderBytes = 256 << 10

// newConn prepares a connection; the first call dials.
func (l *link) newConn() (*conn, error) {
	client, err := grpc.NewClient(l.target.dial, l.options...)
	return &conn{grpc: client}, err
}

// close ends the connection, and the calls on it.
func (c *conn) close() {
	c.closed.Store(true)
	_ = c.grpc.Close() // that it is closed already is all it could say
}

// maxBackoff is the longest wait between two attempts to connect, before a jitter of a fifth: a server that is back is found within 2 s.
const maxBackoff = 1600 * time.Millisecond

// dialOptions are those of every connection. Options are complete.
func (o Options) dialOptions(security credentials.TransportCredentials) []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(security),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: maxBackoff},
			MinConnectTimeout: time.Duration(o.ConnectTimeout),
		}),
		grpc.WithDisableRetry(),         // package dispatch retries; what was never processed is still sent again
		grpc.WithDisableServiceConfig(), // nothing but the gateway configures it
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
