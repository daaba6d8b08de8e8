package clients

import (
	"math"
	"slices"
	"time"

	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/internal/units"
)

// Options are the spec of a ModelServer resource. Everything but Targets has a default, named beside the field.
type Options struct {
	// Targets are the replicas of the server, at least one: "127.0.0.1:9001", "dns:///triton.models.svc:8001" (every address that
	// the name resolves to), "unix:/run/triton.sock" over gRPC; "http://127.0.0.1:8000", "https://…", "h2c://…" (HTTP/2 without TLS) over
	// HTTP; "file:///etc/manifold/vision", a file of such, one a line. All are of one kind. Calls go to those that can be reached, as
	// Policies say; the requests of a sequence stay on one of them as long as it can be reached.
	Targets []string `json:"targets"`

	// Protocol is what is spoken over HTTP: v1, or v2, which empty means.
	Protocol Protocol `json:"protocol,omitempty"`

	// Models are the models that the gateway exposes: names, or patterns in which * stands for any text. None means ["*"].
	Models []string `json:"models,omitempty"`

	// Dialect is the kind of the server; empty means auto: the server is asked.
	Dialect Dialect `json:"dialect,omitempty"`

	// Contents is the form of tensor data that the server takes; empty means auto: as the client sent them.
	Contents Contents `json:"contents,omitempty"`

	// Connections are opened for each address as concurrent calls need them; 0 means 2, over HTTP 64, where a connection of HTTP/1.1 has
	// one call at a time.
	Connections int `json:"connections,omitempty"`

	// MaxConnections is how many there may be while calls wait for a stream on those that are there, as at a server that allows few at a
	// time; 0 means 8, or Connections if those are more. Over gRPC only.
	MaxConnections int `json:"maxConnections,omitempty"`

	// Policies are how the targets are used.
	fleet.Policies

	// TLS absent means plaintext.
	TLS *TLS `json:"tls,omitempty"`

	// Timeout bounds a call whose caller set no deadline, and in a stream the silence before each message; 0 means 60s.
	Timeout units.Duration `json:"timeout,omitempty"`

	// ConnectTimeout is how long an attempt to connect may take, and how long a call waits for a connection before it is
	// UNAVAILABLE, though never longer than a quarter of the time it has; 0 means 1s.
	ConnectTimeout units.Duration `json:"connectTimeout,omitempty"`

	// Keepalive absent means that idle connections are not probed. The server must permit it; Triton's
	// --grpc-http2-min-recv-ping-interval-without-data is five minutes unless changed.
	Keepalive *Keepalive `json:"keepalive,omitempty"`

	// MessageBytes bounds a request to the server and its response; 0 means 64MiB, at most 2 GiB less one byte.
	MessageBytes units.Size `json:"messageBytes,omitempty"`
}

// TLS says how the server is recognised and how the gateway shows who it is. Files are read again for every new connection, so
// that renewed certificates need no restart; while they are unusable, those read last stay in use.
type TLS struct {
	CAFile     string `json:"caFile,omitempty"`     // PEM; empty means the system's authorities
	CertFile   string `json:"certFile,omitempty"`   // PEM; with KeyFile, the gateway's certificate for mutual TLS
	KeyFile    string `json:"keyFile,omitempty"`    // PEM
	ServerName string `json:"serverName,omitempty"` // in the server's certificate; empty means the target's host
}

// Keepalive probes connections, so that a peer that vanished without a word is noticed. Source: gRFC A8.
type Keepalive struct {
	Time         units.Duration `json:"time,omitempty"`         // of silence before a probe; 0 means 10s, which is also the least
	Timeout      units.Duration `json:"timeout,omitempty"`      // for its answer; 0 means 3s
	WithoutCalls bool           `json:"withoutCalls,omitempty"` // probe also when no call runs
}

const (
	defaultConnections    = 2
	defaultTimeout        = 60 * time.Second
	defaultConnectTimeout = time.Second
	defaultKeepaliveTime  = 10 * time.Second
	defaultKeepaliveWait  = 3 * time.Second
	defaultMessageBytes   = 64 << 20

	defaultMost = 8 // connections that calls may need: with a stream each, as many as GPUs compute at a time

	maxConnections  = 64
	minKeepalive    = 10 * time.Second // grpc-go raises anything less
	maxMessageBytes = math.MaxInt32    // what Triton's clients and servers allow
)

// complete is o with its defaults filled in. It shares nothing that the caller could change.
func (o Options) complete() Options {
	o.Targets = slices.Clone(o.Targets)
	o.Models = slices.Clone(o.Models)
	if len(o.Models) == 0 {
		o.Models = []string{"*"}
	}
	if o.Dialect == "" {
		o.Dialect = Auto
	}
	if o.Contents == "" {
		o.Contents = AsSent
	}
	if o.Connections == 0 {
		o.Connections = defaultConnections
		if o.OverHTTP() {
			o.Connections = maxConnections
		}
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = max(defaultMost, o.Connections)
	}
	if o.MessageBytes == 0 {
		o.MessageBytes = defaultMessageBytes
	}
	o.Timeout = units.Duration(o.Timeout.Or(defaultTimeout))
	o.ConnectTimeout = units.Duration(o.ConnectTimeout.Or(defaultConnectTimeout))
	return o
}
