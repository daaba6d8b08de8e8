//go:build linux

package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/interop/requirements"
)

// Lab makes environments and starts servers, gateways and clients in them. It is safe for concurrent use.
type Lab struct {
	environments map[string]requirements.Environment
	root         string // the repository's folder
	binary       string // the gateway
	python       string // the version of Python that the environments are made of
}

// Open makes every environment of requirements/ under the folder cache, and builds the gateway into the folder scratch. Progress goes to w.
func Open(ctx context.Context, cache, scratch string, w io.Writer) (*Lab, error) {
	cache, err := filepath.Abs(cache)
	if err != nil {
		return nil, err
	}
	version, err := requirements.Python(ctx)
	if err != nil {
		return nil, err
	}
	module, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return nil, err
	}
	names, err := requirements.Names()
	if err != nil {
		return nil, err
	}
	l := &Lab{
		environments: map[string]requirements.Environment{}, python: version,
		root: filepath.Dir(strings.TrimSpace(string(module))), binary: filepath.Join(scratch, "manifold"),
	}
	for _, name := range names {
		e, err := requirements.Find(cache, name, version)
		if err != nil {
			return nil, err
		}
		l.environments[e.Name] = e
	}
	return l, l.make(ctx, w)
}

// make makes the environments and the gateway, all at the same time.
func (l *Lab) make(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var writing sync.Mutex
	begin := time.Now()
	say := func(format string, args ...any) {
		writing.Lock()
		defer writing.Unlock()
		fmt.Fprintf(w, "interop %4.0fs: %s\n", time.Since(begin).Seconds(), fmt.Sprintf(format, args...))
	}
	results := make(chan error, len(l.environments)+1)
	for _, e := range l.environments {
		go func() { results <- e.Make(ctx, say) }()
	}
	go func() { results <- l.build(ctx) }()
	var faults []error
	for range cap(results) {
		if err := <-results; err != nil && !errors.Is(err, context.Canceled) {
			faults = append(faults, err)
			cancel()
		}
	}
	return errors.Join(faults...)
}

// build builds the gateway.
func (l *Lab) build(ctx context.Context) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", l.binary, "./cmd/manifold")
	c.Dir, c.Env = l.root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the gateway: %w: %s", err, requirements.Tail(said))
	}
	return nil
}

// Environment is the environment made from requirements/name.txt.
func (l *Lab) Environment(tb testing.TB, name string) requirements.Environment {
	tb.Helper()
	e, known := l.environments[name]
	if !known {
		tb.Fatalf("there is no requirements/%s.txt", name)
	}
	return e
}

// Triton starts the real Triton on a copy of a model repository; see [Lab] for its end. Flags are added to the usual ones.
func (l *Lab) Triton(tb testing.TB, repository string, flags ...string) *Server {
	tb.Helper()
	e := l.Environment(tb, "triton")
	models := filepath.Join(tb.TempDir(), "models")
	if err := os.CopyFS(models, os.DirFS(repository)); err != nil { // Python writes its caches beside what it reads
		tb.Fatal(err)
	}
	ports := freePorts(tb, 3)
	c, err := e.Triton(context.WithoutCancel(tb.Context()), models, requirements.TritonAt{HTTP: ports[0], GRPC: ports[1], Metrics: ports[2]}, flags...)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{process: start(tb, "triton", c), At: loopback(ports[0], ports[1]), Admin: "127.0.0.1:" + ports[2]}
	s.await(tb, httpReady("http://"+s.HTTP+"/v2/health/ready"))
	return s
}

// KServe starts KServe's Python model server: program is a script that takes --http_port and --grpc_port.
func (l *Lab) KServe(tb testing.TB, program string, flags ...string) *Server {
	tb.Helper()
	ports := freePorts(tb, 2)
	args := append([]string{program, "--http_port", ports[0], "--grpc_port", ports[1]}, flags...)
	c := exec.Command(l.Environment(tb, "kserve").Python(), args...)
	s := &Server{process: start(tb, "kserve", c), At: loopback(ports[0], ports[1])}
	s.await(tb, httpReady("http://"+s.HTTP+"/v2/health/ready"))
	return s
}

// MLServer starts MLServer on a copy of a folder of models, each with its model-settings.json, after it ran the folder's train.py. The
// server's settings are made here.
func (l *Lab) MLServer(tb testing.TB, models string) *Server {
	tb.Helper()
	ports := freePorts(tb, 3)
	dir := filepath.Join(tb.TempDir(), "models")
	if err := os.CopyFS(dir, os.DirFS(models)); err != nil {
		tb.Fatal(err)
	}
	settings := fmt.Sprintf(`{"host": "127.0.0.1", "http_port": %s, "grpc_port": %s, "metrics_port": %s, "parallel_workers": 0}`,
		ports[0], ports[1], ports[2])
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(settings), 0o600); err != nil {
		tb.Fatal(err)
	}
	e := l.Environment(tb, "mlserver")
	if said, complaints, code := l.Run(tb, e.Python(), filepath.Join(dir, "train.py"), filepath.Join(dir, "sum", "model.joblib")); code != 0 {
		tb.Fatalf("train.py ended with %d: %s%s", code, said, complaints)
	}
	c := exec.Command(e.Program("mlserver"), "start", dir)
	c.Env = append(os.Environ(), "PATH="+filepath.Join(e.Dir, "bin")+":"+os.Getenv("PATH"))
	c.Dir = dir
	s := &Server{process: start(tb, "mlserver", c), At: loopback(ports[0], ports[1])}
	s.await(tb, httpReady("http://"+s.HTTP+"/v2/health/ready"))
	return s
}

// UpstreamTo is the resources of a gateway that exposes all models of the servers.
func UpstreamTo(servers ...*Server) string {
	var text strings.Builder
	for _, s := range servers {
		fmt.Fprintf(&text, "apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: %s}\nspec: {targets: [%q]}\n---\n",
			s.name, s.GRPC)
	}
	return text.String()
}

var addresses = regexp.MustCompile(`(?m)^ready: REST (\S+)  gRPC (\S+)  admin (\S+)`)

// Gateway starts the gateway on resources, a YAML text. Relative paths in them, and flags, are seen from the repository's folder.
func (l *Lab) Gateway(tb testing.TB, resources string, flags ...string) *Server {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "resources.yaml")
	if err := os.WriteFile(file, []byte(resources), 0o600); err != nil {
		tb.Fatal(err)
	}
	args := append([]string{
		"serve", "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0", "-f", file,
	}, flags...)
	c := exec.Command(l.binary, args...)
	c.Dir = l.root
	s := &Server{process: start(tb, "gateway", c)}
	s.await(tb, func(ctx context.Context) error {
		said, err := os.ReadFile(s.log)
		if err != nil {
			return err
		}
		at := addresses.FindSubmatch(said)
		if at == nil {
			return errors.New("it has not said its addresses")
		}
		s.At, s.Admin = At{HTTP: string(at[1]), GRPC: string(at[2])}, string(at[3])
		return httpReady("http://" + s.HTTP + "/v2/health/ready")(ctx)
	})
	return s
}

// Result is one line of a client program: what it did, whether it succeeded, and what it saw.
type Result struct {
	Client    string `json:"client"`
	Operation string `json:"operation"`
	OK        bool   `json:"ok"`
	Detail    string `json:"detail"`
}

// clientWithin bounds a client program.
const clientWithin = 90 * time.Second

// Client runs a Python program of an environment to its end and returns the results that it printed, a JSON object a line.
func (l *Lab) Client(tb testing.TB, environment, program string, args ...string) []Result {
	tb.Helper()
	out, complaints, code := l.Run(tb, l.Environment(tb, environment).Python(), append([]string{program}, args...)...)
	var results []Result
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var r Result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			tb.Fatalf("%s: a line is not a result: %s", program, lines.Bytes())
		}
		results = append(results, r)
	}
	if code != 0 {
		tb.Errorf("%s ended with %d after %d results:\n%s", program, code, len(results), requirements.Tail([]byte(complaints)))
	}
	return results
}

// Run runs a program to its end, at most [clientWithin], and returns what it wrote and its exit code, -1 if it was killed.
func (l *Lab) Run(tb testing.TB, program string, args ...string) (stdout, stderr string, code int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), clientWithin)
	defer cancel()
	c := exec.Command(program, args...)
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=", "PYTHONUNBUFFERED=1")
	return run(ctx, c)
}
