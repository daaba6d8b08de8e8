//go:build linux

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each server becomes ready behind the gateway, which answers a client of the wheel, and is gone when it is killed.
func TestLabStartsWhatItSays(t *testing.T) {
	t.Parallel()
	servers := map[string]func(*testing.T) *Server{
		"triton":   func(t *testing.T) *Server { t.Helper(); return lab.Triton(t, oneModel(t)) },
		"kserve":   func(t *testing.T) *Server { t.Helper(); return lab.KServe(t, "kserve/server.py") },
		"mlserver": func(t *testing.T) *Server { t.Helper(); return lab.MLServer(t, "mlserver") },
	}
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			gateway := lab.Gateway(t, UpstreamTo(server))
			out, complaints, code := lab.Run(t, lab.Environment(t, "clients").Python(), "-c",
				"import sys, tritonclient.grpc as t; print(t.InferenceServerClient(sys.argv[1]).is_server_ready())", gateway.GRPC)
			if code != 0 || strings.TrimSpace(out) != "True" {
				t.Fatalf("got %d, %s, %s", code, out, complaints)
			}
			if name == "triton" && !strings.Contains(server.Tail(), tritonVersion) {
				t.Errorf("it is not Triton %s: %s", tritonVersion, server.Tail())
			}
			server.Kill()
			if server.Alive() {
				t.Error("killed, and alive")
			}
		})
	}
}

// oneModel is a repository for Triton with the smallest model.
func oneModel(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	version := filepath.Join(dir, "echo", "1")
	if err := os.MkdirAll(version, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		filepath.Join(dir, "echo", "config.pbtxt"): `backend: "python" input [{name: "X" data_type: TYPE_INT32 dims: [1]}] output [{name: "Y" data_type: TYPE_INT32 dims: [1]}]`,
		filepath.Join(version, "model.py"): `import triton_python_backend_utils as pb
class TritonPythonModel:
    def execute(self, requests):
        return [pb.InferenceResponse([pb.Tensor("Y", pb.get_input_tensor_by_name(r, "X").as_numpy())]) for r in requests]
`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
