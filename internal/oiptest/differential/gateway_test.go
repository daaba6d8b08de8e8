package differential_test

import (
	"context"
	"math"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
	"github.com/manifold-serving/manifold/server"
)

// gateway is one in front of a model server, and clients of it.
type gateway struct {
	conn   *grpc.ClientConn
	client *http.Client
	base   string
}

// start starts both. The specs are what the ModelServer and the Gateway say beyond where they are.
func start(t *testing.T, upstreamSpec, gatewaySpec string) gateway {
	t.Helper()
	upstream := standin.Serve(t)
	resources, err := config.Load([]string{"-"}, strings.NewReader(`
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: standin}
spec: {targets: ["`+upstream.GRPC+`"], connectTimeout: 30s`+upstreamSpec+`}
---
apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec: {grace: -1s`+gatewaySpec+`}
`))
	if err != nil {
		t.Fatal(err)
	}
	g, err := manifold.New(t.Context(), resources, manifold.Options{
		Listeners: server.Listeners{REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: server.Off},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx) }()
	conn := dial(t, g.Addresses().GRPC)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		_ = conn.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return gateway{conn, client, "http://" + g.Addresses().REST}
}

// dial opens a connection that takes messages of any size, as those of Triton's clients.
func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// forms are all that a client has.
func (g gateway) forms() []form {
	stub, rest := pb.NewGRPCInferenceServiceClient(g.conn), restForm{g.client, g.base, true}
	return []form{grpcForm{stub, false}, grpcForm{stub, true}, rest, restForm{g.client, g.base, false}, recordedForm{rest}}
}
