package server

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Options say where the gateway listens and how much it takes on. The zero value is what most want.
type Options struct {
	Listeners `json:"listeners"`
	Limits    Limits         `json:"limits"`
	Grace     units.Duration `json:"grace"` // serving on, not ready, before the drain: 0 means 5s, negative none
	Drain     units.Duration `json:"drain"` // longest wait for calls in flight: 0 means 25s, negative none
	// CompressResponses lets REST answers go out in gzip or deflate when the client accepts one; false because many clients accept
	// them without wanting them, and tensors compress slowly and badly.
	CompressResponses bool `json:"compressResponses"`
	// BasePath is before every REST path, for gateways behind a prefix: /models serves /models/v2/…; "" means none.
	BasePath string `json:"basePath"`
	// Strict answers with Triton's exact HTTP statuses where they are odd: 400 for what is not ready, 500 for JSON tensors that do
	// not fit their shape.
	Strict bool `json:"strict"`
	// Outputs is the form of tensors in gRPC answers: "" or raw for raw bytes, as Triton answers; mirror for the request's form, as
	// KServe and MLServer answer.
	Outputs OutputForm `json:"outputs"`
	// Extensions are closed unless they are opened here.
	Extensions Extensions `json:"extensions"`
}

// Extensions opens extensions that change a model server or read its memory, each for the ModelServer whose name it has; "" keeps
// it closed. Source: Triton's protocol extensions.
type Extensions struct {
	ModelRepository    string `json:"modelRepository"` // load and unload; the index is always open
	SystemSharedMemory string `json:"systemSharedMemory"`
	CudaSharedMemory   string `json:"cudaSharedMemory"`
	Trace              string `json:"trace"`
	Logging            string `json:"logging"`
}

// OutputForm is a policy for the form of tensors in answers.
type OutputForm string

// The forms of tensors in answers.
const (
	RawOutputs    OutputForm = "raw"
	MirrorOutputs OutputForm = "mirror"
)

// Listeners are addresses: host:port, :port, unix:path, or "off". No two may be the same.
type Listeners struct {
	REST  string `json:"rest"`  // "" means ":8000"
	GRPC  string `json:"grpc"`  // "" means ":8001"
	Admin string `json:"admin"` // "" means "127.0.0.1:8002"; has profiles, so keep it on loopback
}

// Limits bound what clients can take.
type Limits struct {
	MessageBytes         units.Size `json:"messageBytes"`         // of one message or body: 0 means 64MiB; at most 2GiB
	InflightBytes        units.Size `json:"inflightBytes"`        // of all messages in flight: 0 means 1GiB
	StreamsPerConnection int        `json:"streamsPerConnection"` // concurrent gRPC calls of one connection: 0 means 256
	RequestsPerStream    int        `json:"requestsPerStream"`    // in flight on one ModelStreamInfer; more wait to be read: 0 means 256
	HeaderBytes          units.Size `json:"headerBytes"`          // of one request's headers: 0 means 16KiB
	Connections          int        `json:"connections"`          // of one listener; more wait to be accepted: 0 means 10000
}

// Off is the address of a listener that is not wanted.
const Off = "off"

const (
	defaultREST          = ":8000"
	defaultGRPC          = ":8001"
	defaultAdmin         = "127.0.0.1:8002"
	defaultGrace         = units.Duration(5 * time.Second)
	defaultDrain         = units.Duration(25 * time.Second)
	defaultMessageBytes  = 64 * units.MiB
	defaultInflightBytes = units.GiB
	defaultStreams       = 256
	defaultRequests      = 256
	defaultHeaderBytes   = 16 * units.KiB
	defaultConnections   = 10_000
	minHeaderBytes       = units.KiB
	maxHeaderBytes       = 16 * units.MiB
	maxMessageBytes      = 2 * units.GiB
	maxGRPCMessage       = math.MaxInt32 // what gRPC clients and grpc-go can take, one less than 2 GiB
)

// withDefaults replaces the zero values.
func (o Options) withDefaults() Options {
	o.REST = cmp.Or(o.REST, defaultREST)
	o.GRPC = cmp.Or(o.GRPC, defaultGRPC)
	o.Admin = cmp.Or(o.Admin, defaultAdmin)
	o.Grace = cmp.Or(o.Grace, defaultGrace)
	o.Drain = cmp.Or(o.Drain, defaultDrain)
	o.Limits = o.Limits.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	l.MessageBytes = cmp.Or(l.MessageBytes, defaultMessageBytes)
	l.InflightBytes = cmp.Or(l.InflightBytes, max(defaultInflightBytes, l.MessageBytes))
	l.StreamsPerConnection = cmp.Or(l.StreamsPerConnection, defaultStreams)
	l.RequestsPerStream = cmp.Or(l.RequestsPerStream, defaultRequests)
	l.HeaderBytes = cmp.Or(l.HeaderBytes, defaultHeaderBytes)
	l.Connections = cmp.Or(l.Connections, defaultConnections)
	return l
}

// Validate returns all faults, each naming its field.
func (o Options) Validate() []error {
	o = o.withDefaults()
	return slices.Concat(o.faults(), o.Limits.faults(), o.Outputs.faults(), o.Extensions.faults(), basePathFaults(o.BasePath))
}

func (f OutputForm) faults() []error {
	switch f {
	case "", RawOutputs, MirrorOutputs:
		return nil
	}
	return []error{fmt.Errorf("outputs: %q is neither %s nor %s", f, RawOutputs, MirrorOutputs)}
}

func (l Listeners) faults() []error {
	var faults []error
	taken := map[string]string{}
	for _, f := range []struct{ name, address string }{
		{"rest", l.REST}, {"grpc", l.GRPC}, {"admin", l.Admin},
	} {
		if f.address == Off {
			continue
		}
		if err := checkAddress(f.address); err != nil {
			faults = append(faults, fmt.Errorf("listeners.%s: %w", f.name, err))
			continue
		}
		if other, ok := taken[f.address]; ok && !strings.HasSuffix(f.address, ":0") {
			faults = append(faults, fmt.Errorf("listeners.%s: %s is the address of listeners.%s too; give each a port of its own",
				f.name, f.address, other))
		}
		taken[f.address] = f.name
	}
	if l.REST == Off && l.GRPC == Off {
		faults = append(faults, errors.New("listeners: rest and grpc are both off; nothing would be served"))
	}
	return faults
}

func checkAddress(address string) error {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		if path == "" {
			return fmt.Errorf("%q has no path; write unix:/run/manifold.sock", address)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address; write :8000, 127.0.0.1:8000, unix:/run/manifold.sock or off", address)
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" { //nolint:noctx // a number is parsed, a service name is in a file
		return fmt.Errorf("%q has no valid port; ports are 0 to 65535", address)
	}
	return nil
}

func (l Limits) faults() []error {
	var faults []error
	between := func(name string, value, low, high units.Size) {
		if value < low || value > high {
			faults = append(faults, fmt.Errorf("limits.%s: %s is not within %s and %s", name, value, low, high))
		}
	}
	between("messageBytes", l.MessageBytes, units.KiB, maxMessageBytes)
	between("inflightBytes", l.InflightBytes, l.MessageBytes, math.MaxInt64)
	between("headerBytes", l.HeaderBytes, minHeaderBytes, maxHeaderBytes)
	if l.StreamsPerConnection < 1 || l.StreamsPerConnection > math.MaxInt32 {
		faults = append(faults, fmt.Errorf("limits.streamsPerConnection: %d is not positive", l.StreamsPerConnection))
	}
	if l.RequestsPerStream < 1 {
		faults = append(faults, fmt.Errorf("limits.requestsPerStream: %d is not positive", l.RequestsPerStream))
	}
	if l.Connections < 1 {
		faults = append(faults, fmt.Errorf("limits.connections: %d is not positive", l.Connections))
	}
	return faults
}
