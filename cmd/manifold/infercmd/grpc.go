package infercmd

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// inferGRPC is a target over gRPC.
type inferGRPC struct {
	conn    *grpc.ClientConn
	control inferencepb.GRPCInferenceServiceClient
	address string
	headers []string // keys and values in turn
	model   string
	version string
}

var _ inferTarget = (*inferGRPC)(nil)

func openInferGRPC(address func() (string, error), config *tls.Config, headers []inferHeader, model, version string) (inferTarget, error) {
	at, err := address()
	if err != nil {
		return nil, err
	}
	transport := insecure.NewCredentials()
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)),
	}
	if host := hostOf(headers); host != "" {
		options = append(options, grpc.WithAuthority(host))
	}
	conn, err := grpc.NewClient(at, options...)
	if err != nil {
		return nil, fmt.Errorf("--address %q: %w", at, err)
	}
	t := &inferGRPC{conn: conn, control: inferencepb.NewGRPCInferenceServiceClient(conn), address: at, model: model, version: version}
	for _, h := range headers {
		if !strings.EqualFold(h.key, "host") {
			t.headers = append(t.headers, h.key, h.value)
		}
	}
	return t, nil
}

func (t *inferGRPC) metadata(ctx context.Context) (*infer.Metadata, error) {
	var reached peer.Peer
	m, err := t.control.ModelMetadata(t.outgoing(ctx), &inferencepb.ModelMetadataRequest{Name: t.model, Version: t.version}, grpc.Peer(&reached))
	if err != nil {
		return nil, t.fault(err, &reached)
	}
	return metadataOf(m), nil
}

func (t *inferGRPC) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	var reply infer.Frame
	var reached peer.Peer
	err := t.conn.Invoke(t.outgoing(ctx), inferencepb.GRPCInferenceService_ModelInfer_FullMethodName,
		&infer.Frame{Buffers: req.Marshal()}, &reply, grpc.ForceCodecV2(infer.Codec{}), grpc.Peer(&reached))
	if err != nil {
		reply.Buffers.Free()
		return nil, t.fault(err, &reached)
	}
	return infer.ParseResponse(reply.Buffers)
}

func (t *inferGRPC) models(ctx context.Context) []string {
	index, err := t.control.RepositoryIndex(t.outgoing(ctx), &inferencepb.RepositoryIndexRequest{})
	if err != nil {
		return nil // an extension that not every server has
	}
	var names []string
	for _, m := range index.GetModels() {
		names = append(names, m.GetName())
	}
	return names
}

func (t *inferGRPC) close() { _ = t.conn.Close() } // every call has ended

func (t *inferGRPC) outgoing(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, t.headers...)
}

// fault tells the errors of a server from those of the way to it, on which no server was reached.
func (t *inferGRPC) fault(err error, reached *peer.Peer) error {
	e := infer.AsError(err)
	if e.Code == codes.Canceled || reached.Addr != nil {
		return e
	}
	switch reason := dialReason(e.Reason); {
	case strings.Contains(reason, "server preface"):
		return noWay("what answers at %s speaks no gRPC (%s): a gateway's gRPC port is 8001; add --rest for a REST port, --tls where TLS is spoken", t.address, reason)
	case strings.Contains(reason, "handshake failed"):
		return untrusted(t.address, reason)
	default:
		return unreachable(t.address, "gRPC", reason)
	}
}

// dialReason takes a reason out of grpc-go's wrapping: connection error: desc = "transport: Error while dialing: …".
func dialReason(text string) string {
	for _, wrapping := range []string{`desc = "`, "transport: ", "Error while dialing: "} {
		if _, inner, ok := strings.Cut(text, wrapping); ok {
			text = inner
		}
	}
	return strings.TrimSuffix(text, `"`)
}
