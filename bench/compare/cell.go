package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// cell is one row of the table: what is sent, how many at a time, and to whom.
type cell struct {
	name     string
	payload  int // bytes of the tensor
	inflight int
	requests int // of one turn
	targets  []string
	base     string // whose cost is 1
	open     func(c cell, t *target) (sender, error)
	openBase func(c cell, t *target) (sender, error) // how the base is asked where that is another way
	servers  int                                     // the model servers behind the gateway; 0: one
	// resources are those of the gateway, with the model servers' addresses for %s.
	resources string
	variants  map[string]string // and those of the targets that have others
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

const oneServer = `---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: server}
spec: {targets: [%s], models: [echo], messageBytes: 2147483647}
`

func cells() []cell {
	var all []cell
	proxies := []string{direct, manifold, twin, naiveGRPC, nginx, haproxy}
	for _, size := range []struct {
		text     string
		bytes    int
		requests [3]int // at 1, 16 and 256 in flight; 0 is not measured
	}{
		{"64 B", 64, [3]int{3000, 12000, 12000}},
		{"4 KiB", 4 * kib, [3]int{3000, 10000, 10000}},
		{"588 KiB", 588 * kib, [3]int{300, 600, 800}},
		{"16 MiB", 16 * mib, [3]int{12, 32, 0}},
		{"200 MiB", 200 * mib, [3]int{3, 0, 0}},
	} {
		for i, inflight := range []int{1, 16, 256} {
			if size.requests[i] > 0 {
				all = append(all, cell{
					name: fmt.Sprintf("gRPC %s x %d", size.text, inflight), payload: size.bytes, inflight: inflight, requests: size.requests[i],
					targets: proxies, base: naiveGRPC, open: overGRPC(model), resources: oneServer,
				})
			}
		}
	}
	for _, floats := range []struct{ n, requests, inflight int }{{85, 6000, 4}, {4096, 1500, 4}, {150_528, 60, 4}, {10_000_000, 2, 1}} {
		all = append(all, cell{
			name: fmt.Sprintf("REST JSON %d FP32 x %d", floats.n, floats.inflight), payload: 4 * floats.n, inflight: floats.inflight,
			requests: floats.requests, targets: []string{manifold, twin, naiveJSON}, base: naiveJSON, open: overJSON(floats.n), resources: oneServer,
		})
	}
	return slices.Concat(all, graphs(), policies())
}

// What the gateway is compared with where that is itself.
const (
	oneHop      = "one hop"
	noCondition = "no condition"
	overRPC     = "over gRPC"
	oneModel    = "1 model"
)

// graphs compare the gateway with itself, in the same rounds.
func graphs() []cell {
	own := func(name string, resources string, open func(cell, *target) (sender, error), base string, baseOpen func(cell, *target) (sender, error)) cell {
		return cell{
			name: name, payload: 588 * kib, inflight: 16, requests: 400, targets: []string{base, manifold, twin}, base: base,
			open: open, openBase: baseOpen, resources: oneServer + resources, variants: map[string]string{base: oneServer},
		}
	}
	condition := own("Switch, a condition on a parameter, 588 KiB", conditional, overGRPC("switch"), noCondition, overGRPC("switch"))
	condition.variants[noCondition] = oneServer + plainSwitch
	crowded := own("10,000 models and 1,000 graphs, 4 KiB", crowd(10_000, 1000), overGRPC(model), oneModel, overGRPC(model))
	crowded.payload, crowded.requests = 4*kib, 8000
	return []cell{
		own("Sequence of 3, 588 KiB", sequence, overGRPC("sequence"), oneHop, overGRPC(model)),
		own("Ensemble of 4, 588 KiB", ensemble, overGRPC("ensemble"), oneHop, overGRPC(model)),
		condition,
		own("REST binary 588 KiB", "", overBinary, overRPC, overGRPC(model)),
		crowded,
	}
}

const (
	graphHead   = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: %s}\nspec: {nodes: {root: {routerType: %s, steps: [%s]}}}\n"
	sequence    = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: sequence}\nspec: {nodes: {root: {routerType: Sequence, steps: [{serviceName: echo}, {serviceName: echo, data: $response}, {serviceName: echo, data: $response}]}}}\n"
	ensemble    = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: ensemble}\nspec: {nodes: {root: {routerType: Ensemble, steps: [{name: a, serviceName: echo}, {name: b, serviceName: echo}, {name: c, serviceName: echo}, {name: d, serviceName: echo}]}}}\n"
	plainSwitch = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: switch}\nspec: {nodes: {root: {routerType: Sequence, steps: [{serviceName: echo}]}}}\n"
	conditional = "---\napiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: switch}\nspec: {nodes: {root: {routerType: Switch, steps: [{serviceName: echo, condition: \"inputs.#(name==\\\"x\\\")\"}]}}}\n"
)

// crowd is a configuration with many names beside the one that is asked for.
func crowd(models, graphs int) string {
	var b strings.Builder
	fmt.Fprint(&b, "---\napiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: crowd}\nspec:\n  targets: [\"127.0.0.1:1\"]\n  models:\n")
	for i := range models {
		fmt.Fprintf(&b, "  - model-%d\n", i)
	}
	for i := range graphs {
		fmt.Fprintf(&b, graphHead, fmt.Sprintf("graph-%d", i), "Sequence", fmt.Sprintf("{serviceName: model-%d}", i))
	}
	return b.String()
}

func overGRPC(name string) func(cell, *target) (sender, error) {
	return func(c cell, t *target) (sender, error) { return newGRPCSender(t.grpc, name, c.payload) }
}

func overJSON(n int) func(cell, *target) (sender, error) {
	return func(c cell, t *target) (sender, error) {
		body := oipJSON(n)
		if t.name == naiveJSON {
			body = protoJSON(n)
		}
		return newRESTSender(t.rest, body, http.Header{"Content-Type": {"application/json"}}, c.inflight), nil
	}
}

func overBinary(c cell, t *target) (sender, error) {
	head := fmt.Appendf(nil, `{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP32","shape":[%d],"parameters":{"binary_data_size":%d}}]}`,
		c.payload/4, c.payload)
	header := http.Header{"Inference-Header-Content-Length": {strconv.Itoa(len(head))}}
	return newRESTSender(t.rest, append(head, make([]byte, c.payload)...), header, c.inflight), nil
}

// result is what the targets did in a cell, turn by turn.
type result struct {
	cell  cell
	turns map[string][]turn
	peaks map[string]int64
}

// measure fills the table in.
func measure(ctx context.Context, o options, folder string, out io.Writer) ([]result, error) {
	var all []result
	for _, c := range cells() {
		if !o.only.MatchString(c.name) {
			continue
		}
		fmt.Fprintf(out, "%s\n", c.name)
		r, err := c.measure(ctx, o, folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		printTable(out, r.rows())
		all = append(all, r)
	}
	return all, nil
}

func (c cell) measure(ctx context.Context, o options, folder string) (result, error) {
	r := result{c, map[string][]turn{}, map[string]int64{}}
	folder, err := os.MkdirTemp(folder, "cell")
	if err != nil {
		return r, err
	}
	var upstreams []string
	for range max(1, c.servers) {
		model, upstream, err := role(ctx, "identity", "-")
		if err != nil {
			return r, err
		}
		defer model.kill()
		upstreams = append(upstreams, upstream)
	}
	for range o.rounds {
		for _, name := range c.targets {
			if err := c.turn(ctx, o, name, upstreams, filepath.Join(folder, name), &r); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// turn measures a target once, in a process of its own.
func (c cell) turn(ctx context.Context, o options, name string, upstreams []string, folder string, r *result) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	resources, ok := c.variants[name]
	if !ok {
		resources = c.resources
	}
	t, err := launch(ctx, o, order{
		name: name, upstream: upstreams[0], resources: fmt.Sprintf(resources, strings.Join(upstreams, ", ")), folder: folder,
	})
	if t == nil || err != nil {
		return err
	}
	defer t.close()
	open := c.open
	if name == c.base && c.openBase != nil {
		open = c.openBase
	}
	s, err := open(c, t)
	if err != nil {
		return err
	}
	defer s.close()
	done, err := drive(ctx, t, s, c.requests, c.inflight)
	if err != nil {
		return err
	}
	done.message = s.bytes()
	r.turns[name] = append(r.turns[name], done)
	if t.process != nil {
		r.peaks[name] = max(r.peaks[name], t.process.peak())
	}
	return nil
}
