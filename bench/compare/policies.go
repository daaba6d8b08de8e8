package main

// What the gateway has in front of three servers: every policy, all but the hedges, which are calls more, and none.
const (
	policiesOn  = "policies on"
	unhedged    = "without hedges"
	policiesOff = "policies off"

	threeServers = "---\napiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: server}\n" +
		"spec: {targets: [%s], models: [echo], messageBytes: 2147483647, "
)

// policies compare the gateway with itself: what choosing, watching and bounding cost while nothing is wrong.
func policies() []cell {
	with := func(fields string) string { return threeServers + fields + "}\n" }
	none := with("balancing: round_robin, ejection: {disabled: true}, retries: {disabled: true}, health: {disabled: true}")
	variants := map[string]string{
		policiesOn:  with("hedging: {}, concurrency: {mode: adaptive}"),
		unhedged:    with("concurrency: {mode: adaptive}"),
		policiesOff: none,
		twin:        none,
	}
	var all []cell
	for _, size := range []struct {
		text  string
		bytes int
	}{{"64 B", 64}, {"4 KiB", 4 * kib}} {
		all = append(all, cell{
			name: "policies, gRPC " + size.text + " x 16", payload: size.bytes, inflight: 16, requests: 10000,
			targets: []string{policiesOff, twin, unhedged, policiesOn}, base: policiesOff,
			open: overGRPC(model), servers: 3, variants: variants,
		})
	}
	return all
}
