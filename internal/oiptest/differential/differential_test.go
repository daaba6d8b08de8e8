// Package differential asks a gateway the same in every form that a client has, and compares the answers.
package differential_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
	"github.com/manifold-serving/manifold/server"
)

// generated is how many cases are made; the recorded ones come on top.
const generated = 5000

// form is a way to ask. It is false when the question cannot be asked so.
type form interface {
	name() string
	ask(ctx context.Context, q question) (outcome, bool)
}

// REST and gRPC agree on the verdict, the code and every bit of every tensor.
func TestAllFormsAgree(t *testing.T) {
	t.Parallel()
	forms := serve(t)
	seed := seed(t)
	t.Logf("seed %d; MANIFOLD_SEED=%d repeats it", seed, seed)
	questions := append(recorded(t), lethal()...)
	cases := uint64(generated)
	if oiptest.Race {
		cases /= 5
	}
	for i := range cases {
		questions = append(questions, generator{rand.New(rand.NewPCG(seed, i))}.question())
	}
	var next, faults, answered atomic.Int64
	var asked [5]atomic.Int64
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(questions)) && faults.Load() < 10; i = next.Add(1) - 1 {
				good, fault := compare(t.Context(), forms, questions[i], &asked)
				if good {
					answered.Add(1)
				}
				if fault != "" {
					faults.Add(1)
					t.Errorf("case %d: %v\n%s", i, questions[i], fault)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d cases, %d of them answered", len(questions), answered.Load())
	for i, f := range forms {
		t.Logf("%d asked over %s", asked[i].Load(), f.name())
	}
}

// compare asks in every form. The first is what the others are compared with; what it cannot say the others are compared in without it.
func compare(ctx context.Context, forms []form, q question, asked *[5]atomic.Int64) (good bool, faults string) {
	var fault strings.Builder
	var first outcome
	var of form
	for i, f := range forms {
		got, can := f.ask(ctx, q)
		if !can {
			continue
		}
		asked[i].Add(1)
		if of == nil {
			first, of = got, f
			continue
		}
		if rest, ok := f.(restForm); ok && !rest.binary && !first.inJSON() {
			if got.Status != http.StatusBadRequest {
				fmt.Fprintf(&fault, "%s answers %d to what it cannot say: %s\n", f.name(), got.Status, got.text)
			}
			continue
		}
		if diff := cmp.Diff(first, got, cmpopts.IgnoreUnexported(outcome{}), cmpopts.EquateEmpty()); diff != "" {
			fmt.Fprintf(&fault, "-%s (%s) +%s (%s):\n%s", of.name(), first.text, f.name(), got.text, diff)
		}
	}
	return first.Status == http.StatusOK, fault.String()
}

func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("MANIFOLD_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve starts a model server and a gateway in front of it.
func serve(t *testing.T) []form {
	t.Helper()
	upstream := standin.Serve(t)
	resources, err := config.Load([]string{"-"}, strings.NewReader(`
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: standin}
spec: {targets: ["`+upstream.GRPC+`"]}
---
apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec: {grace: -1s}
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
	conn, err := grpc.NewClient("passthrough:///"+g.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		_ = conn.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	stub, base := pb.NewGRPCInferenceServiceClient(conn), "http://"+g.Addresses().REST
	rest := restForm{client, base, true}
	return []form{grpcForm{stub, false}, grpcForm{stub, true}, rest, restForm{client, base, false}, recordedForm{rest}}
}
