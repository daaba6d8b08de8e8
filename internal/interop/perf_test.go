//go:build linux

package interop

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// perfMode is a way in which perf_analyzer calls a model.
type perfMode struct {
	name string
	args []string
}

// perfModes are those for models that answer once.
func perfModes() []perfMode {
	return []perfMode{
		{"http", []string{"-i", "http"}},
		{"http, async", []string{"-i", "http", "--async"}},
		{"http, JSON", []string{"-i", "http", "--input-tensor-format", "json", "--output-tensor-format", "json"}},
		{"grpc", []string{"-i", "grpc"}},
		{"grpc, async", []string{"-i", "grpc", "--async"}},
		{"grpc, deflate", []string{"-i", "grpc", "--grpc-compression-algorithm", "deflate"}},
		{"grpc, streaming", []string{"-i", "grpc", "--async", "--streaming"}},
	}
}

// perfStreams are those for models that answer other than once, or keep a state.
func perfStreams() []perfMode { return perfModes()[len(perfModes())-1:] }

// perfSection is the table's section of perf_analyzer.
const perfSection = "perf_analyzer: no request failed, and it printed the server's figures"

// perfRequests is how many requests each run measures.
const perfRequests = 100

// perfAnalyzer runs perf_analyzer on a model in every mode. No request may fail, and it must print what the server counted.
func perfAnalyzer(t *testing.T, gateway *Server, table *table, subject string, modes []perfMode, args ...string) {
	t.Helper()
	for _, mode := range modes {
		t.Run(subject+" "+mode.name, func(t *testing.T) {
			all := append([]string{"--concurrency-range", "4", "--request-count", strconv.Itoa(perfRequests)}, append(args, mode.args...)...)
			out, complaints, code := lab.perf(t, gateway, all...)
			r := Result{Client: mode.name, Operation: subject, OK: true}
			if fault := perfFault(out, complaints, code); fault != "" {
				t.Errorf("%s\n%s%s", fault, out, complaints)
				r.OK = false
			}
			table.add(perfSection, r, "")
		})
	}
}

var (
	clientCount = regexp.MustCompile(`(?s)Client:.*?Request count: (\d+)`)
	serverCount = regexp.MustCompile(`(?s)Server:.*?Inference count: (\d+).*?Execution count: (\d+).*?Successful request count: (\d+)`)
)

// perfFault is what is wrong with a run, if anything.
func perfFault(out, complaints string, code int) string {
	if code != 0 {
		return "it ended with " + strconv.Itoa(code)
	}
	said := out + complaints
	if strings.Contains(said, "Failed") || strings.Contains(strings.ToLower(said), "error") {
		return "a request failed"
	}
	if n := clientCount.FindStringSubmatch(said); n == nil || n[1] == "0" {
		return "it measured nothing"
	}
	if n := serverCount.FindStringSubmatch(said); n == nil || n[3] == "0" {
		return "it has no figures of the server"
	}
	return ""
}

// repeatData is the input of the decoupled model: three answers each.
func repeatData(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "repeat.json")
	if err := os.WriteFile(file, []byte(`{"data": [{"IN": {"content": [3, 2, 1], "shape": [3]}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
