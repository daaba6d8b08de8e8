//go:build linux

package interop

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every client does everything that it can through the gateway, with every kind of server behind it, and the table of what works is the
// one in docs/compatibility.md.
func TestEveryClientReachesEveryServer(t *testing.T) {
	t.Parallel()
	results := &table{}
	all := worlds()
	t.Cleanup(func() { // after the worlds, which run at the same time
		if !t.Failed() && len(results.sections) == len(all)+1 {
			keep(t, compatibility(all, results))
		}
	})
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			gateway := w.start(t)
			file := w.plan.write(t, gateway.At)
			for _, p := range programs() {
				t.Run(filepath.Base(p[1])+" "+p[len(p)-1], func(t *testing.T) {
					for _, r := range lab.Client(t, p[0], filepath.Join("clients", p[1]), append([]string{file}, p[2:]...)...) {
						w.judge(t, r, results)
					}
				})
			}
			if w.perf != nil {
				w.perf(t, gateway, results)
			}
		})
	}
}

// judge fails unless a result is what the world should give: success, or what the client is told about that which the server lacks.
func (w world) judge(t *testing.T, r Result, results *table) {
	t.Helper()
	lack := w.lacks[r.Operation]
	switch {
	case lack.says == "" && !r.OK:
		t.Errorf("%s: %s: %s", r.Client, r.Operation, r.Detail)
	case lack.says != "" && r.OK:
		t.Errorf("%s: %s: succeeded, although %s", r.Client, r.Operation, lack.why)
	case lack.says != "" && !regexp.MustCompile(lack.says).MatchString(r.Detail):
		t.Errorf("%s: %s: want %q, got %s", r.Client, r.Operation, lack.says, r.Detail)
	}
	results.add(w.name, r, lack.why)
}

// compatibility is the text between the markers.
func compatibility(all []world, results *table) string {
	var text strings.Builder
	version := func(environment, pkg string) string { return lab.environments[environment].Version(pkg) }
	fmt.Fprintf(&text, "Clients: tritonclient %s, perf_analyzer %s, KServe SDK %s, curl. Servers: Triton %s (of nvidia-pytriton %s), "+
		"KServe's Python model server %s, MLServer %s with its scikit-learn runtime.\n",
		version("clients", "tritonclient"), version("perf", "tritonclient"), version("kserve", "kserve"),
		tritonVersion, version("triton", "nvidia-pytriton"), version("kserve", "kserve"), version("mlserver", "mlserver"))
	for _, w := range all {
		text.WriteString(results.markdown(w.name))
	}
	text.WriteString(results.markdown(perfSection))
	text.WriteString(results.refusals("Triton", []string{"tritonclient http", "tritonclient grpc", "curl"}, strings.Fields(
		"unknown_model unknown_version wrong_shape wrong_datatype wrong_count missing_input unknown_output malformed load_denied unload_denied")))
	return text.String()
}

// tritonVersion is what nvidia-pytriton of requirements/triton.txt contains.
const tritonVersion = "2.51.0"
