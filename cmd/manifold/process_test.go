package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

const root = "../.." // of the repository

// binary is the command, built with the Dockerfile's own flags.
var binary = sync.OnceValues(func() (string, error) {
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		return "", err
	}
	line := regexp.MustCompile(`CGO_ENABLED=0 go build (.*) -o /manifold (\S+)`).FindSubmatch(dockerfile)
	if line == nil {
		return "", errors.New("the Dockerfile has no line that builds the binary")
	}
	file := filepath.Join(scratch, "manifold")
	build := exec.Command("sh", "-c", fmt.Sprintf("CGO_ENABLED=0 go build %s -o %s %s", line[1], file, line[2]))
	build.Dir = root
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, os.Chmod(scratch, 0o755)
})

var scratch string // a folder that lives as long as the tests

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "manifold"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// process is a running `manifold serve`.
type process struct {
	*exec.Cmd
	rest, grpc, admin string
}

var addresses = regexp.MustCompile(`^ready: REST (\S+)  gRPC (\S+)  admin (\S+)`)

// serve starts `manifold serve` and waits until it is ready. The test's end stops it, unless it has ended before.
func serve(t *testing.T, adjust func(*exec.Cmd), args ...string) *process {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"serve", "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	p := &process{Cmd: exec.Command(file, args...)}
	p.Dir = root
	if adjust != nil {
		adjust(p.Cmd)
	}
	output, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	var seen bytes.Buffer
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		fmt.Fprintln(&seen, lines.Text())
		if at := addresses.FindStringSubmatch(lines.Text()); at != nil {
			p.rest, p.grpc, p.admin = "http://"+at[1], at[2], "http://"+at[3]
			go io.Copy(io.Discard, output)
			return p
		}
	}
	t.Fatalf("it is not ready; it said:\n%s", &seen)
	return nil
}

func (p *process) client(t *testing.T) pb.GRPCInferenceServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewGRPCInferenceServiceClient(conn)
}

func post(url, body string) (string, error) {
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return string(answer), err
}

// SIGTERM under load, with a stock gRPC client and an HTTP client: whoever stops sending when the gateway says that it is not ready
// sees no failure, and the process ends with 0.
func TestSIGTERMUnderLoadFailsNothing(t *testing.T) {
	upstream := oiptest.Serve(t, oiptest.Models{"echo": oiptest.Identity()})
	p := serve(t, nil, "--upstream", upstream)
	client := p.client(t)
	var answered atomic.Int64
	stop, warm := make(chan struct{}), make(chan struct{})
	var load sync.WaitGroup
	work := func(ask func() error) {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := ask(); err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				if answered.Add(1) == 500 {
					close(warm)
				}
			}
		})
	}
	for range 4 {
		work(func() error {
			_, err := post(p.rest+"/v2/models/echo/infer", `{"inputs":[{"name":"x","datatype":"UINT8","shape":[3],"data":[1,2,3]}]}`)
			return err
		})
		work(func() error {
			_, err := client.ModelInfer(context.Background(), &pb.ModelInferRequest{
				ModelName: "echo", Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "UINT8", Shape: []int64{3}}},
				RawInputContents: [][]byte{{1, 2, 3}},
			})
			return err
		})
	}
	<-warm
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for ready := true; ready; {
		resp, err := http.Get(p.rest + "/v2/health/ready")
		if err != nil {
			t.Fatal(err)
		}
		ready = resp.StatusCode == http.StatusOK
		resp.Body.Close()
	}
	before := answered.Load()
	for answered.Load() < before+500 { // it serves on while it says that it is not ready
		if t.Failed() {
			break
		}
	}
	close(stop)
	load.Wait()
	http.DefaultClient.CloseIdleConnections()
	if err := p.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// The image's binary, run as the image runs it: another user, a read-only folder, nothing but the resources.
func TestStaticBinaryServesAsAnotherUserInAReadOnlyFolder(t *testing.T) {
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("file", file).CombinedOutput(); err == nil && !strings.Contains(string(out), "statically linked") {
		t.Errorf("not static: %s", out)
	}
	example := filepath.Join(scratch, "resources") // t.TempDir is closed to other users
	if err := os.CopyFS(example, os.DirFS(filepath.Join(root, "examples/animals-and-plants"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(example, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(example, 0o755)
		_ = os.RemoveAll(example)
	})
	p := serve(t, func(c *exec.Cmd) {
		c.Dir, c.Env = example, []string{}
		if os.Getuid() == 0 {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532, NoSetGroups: true}}
		}
	}, "-f", "inference_services.yaml", "-f", "inference_graph.yaml")
	dog, err := os.ReadFile(filepath.Join(root, "examples/animals-and-plants/dog.json"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := post(p.rest+"/v2/models/image-processing-graph/infer", string(dog))
	if err != nil || !strings.Contains(answer, `"data":["dog"]`) {
		t.Errorf("got %s, %v", answer, err)
	}
}

// The three models behind a second process, reached over gRPC: all 16 pictures come out right on both edges.
func TestGraphOverModelsOfAnotherProcess(t *testing.T) {
	models := serve(t, nil, "-f", "examples/animals-and-plants/inference_services.yaml")
	gateway := serve(t, nil, "-f", "examples/animals-and-plants/inference_graph.yaml", "--upstream", models.grpc)
	client := gateway.client(t)
	files, err := filepath.Glob(filepath.Join(root, "examples/animals-and-plants/pictures/*.png"))
	if err != nil || len(files) != 16 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	for _, file := range files {
		label := strings.TrimSuffix(filepath.Base(file), ".png")
		picture, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(picture)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := post(gateway.rest+"/v2/models/image-processing-graph/infer",
			fmt.Sprintf(`{"inputs":[{"name":"image","datatype":"BYTES","shape":[1,1],"data":[%s]}]}`, text))
		if err != nil || !strings.Contains(answer, fmt.Sprintf(`"data":[%q]`, label)) {
			t.Errorf("REST: %s: %s, %v", label, answer, err)
		}
		resp, err := client.ModelInfer(t.Context(), &pb.ModelInferRequest{
			ModelName:        "image-processing-graph",
			Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: "image", Datatype: "BYTES", Shape: []int64{1, 1}}},
			RawInputContents: [][]byte{infer.RawStrings(string(picture))},
		})
		if err != nil || string(resp.RawOutputContents[0]) != string(infer.RawStrings(label)) {
			t.Errorf("gRPC: %s: %v, %v", label, resp, err)
		}
	}
}

// What the README shows is what a user sees.
func TestGetPrintsWhatAGatewayServes(t *testing.T) {
	p := serve(t, nil, "-f", "examples/animals-and-plants/inference_services.yaml", "-f", "examples/animals-and-plants/inference_graph.yaml")
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"inferencegraphs":   `^NAME +URL +READY +AGE\nimage-processing-graph +http://\S+/v2/models/image-processing-graph +True +\d+s\n$`,
		"inferenceservices": `^NAME +URL +READY +AGE\nanimal-classifier +.*\nhigh-level +.*\nplant-classifier +.*\n$`,
		"upstreams":         `^This gateway calls no model servers`,
		"models":            `(?s)^NAME +URL.*\nhigh-level.*\nimage-processing-graph.*True`,
	} {
		out, err := exec.Command(file, "get", kind, "--admin", strings.TrimPrefix(p.admin, "http://")).CombinedOutput()
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
	out, err := exec.Command(file, "get", "inferencegraphs", "--admin", "127.0.0.1:1").CombinedOutput()
	if err == nil || string(out) != "error: no gateway answers at 127.0.0.1:1: start one with `manifold serve`, or name its admin edge with --admin\n" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestValidateWarnsOfTheFlatForm(t *testing.T) {
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(file, "validate", "-f", "examples/animals-and-plants/flat.yaml", "-f", "examples/animals-and-plants/inference_services.yaml")
	c.Dir = root
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "warning: graph image-processing-flat: node root: step 3 (plant): its condition is tested on the answer of step 2") ||
		!strings.Contains(string(out), "valid: 1 InferenceGraphs, 3 InferenceServices, 0 ModelServers") {
		t.Errorf("%v: %s", err, out)
	}
}
