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

	"github.com/manifold-serving/manifold/internal/oiptest"
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
	forms := start(t, "", "").forms()
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
