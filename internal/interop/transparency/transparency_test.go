package transparency

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/infer"
)

func target(t *testing.T, rest, address string) Target {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(infer.Codec{}), grpc.MaxCallRecvMsgSize(1<<31-1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Target{REST: "http://" + rest, GRPC: conn}
}

// gateway is a gateway before a model server.
func gateway(t *testing.T, upstream, options string) Target {
	t.Helper()
	resources, err := config.Load([]string{"-"}, strings.NewReader(`
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: triton}
spec: {targets: ["`+upstream+`"]}
---
apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec:
  listeners: {rest: "127.0.0.1:0", grpc: "127.0.0.1:0", admin: "off"}
  grace: -1s
`+options))
	if err != nil {
		t.Fatal(err)
	}
	g, err := manifold.New(t.Context(), resources, manifold.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return target(t, g.Addresses().REST, g.Addresses().GRPC)
}

func TestTransparency(t *testing.T) {
	host := os.Getenv("TRITON") // host:rest,host:grpc
	rest, rpc, _ := strings.Cut(host, ",")
	if _, _, err := net.SplitHostPort(rest); err != nil {
		t.Skip(err)
	}
	direct, through := target(t, rest, rpc), gateway(t, rpc, "")
	for _, op := range operations() {
		t.Run(op.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			a, b := op.Do(ctx, direct), op.Do(ctx, through)
			if os.Getenv("SHOW") != "" {
				t.Log(a)
			}
			for _, d := range disagreements(op.Name, a, b) {
				t.Errorf("%s %s: direct %q gateway %q", op.Name, d.Aspect, d.Direct, d.Gateway)
			}
		})
	}
}
