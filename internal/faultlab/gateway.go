//go:build linux

package faultlab

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
	"slices"
	"sync"
	"syscall"
	"time"
)

// gateway is a `manifold serve` that runs.
type gateway struct {
	REST, GRPC, Admin string // HOST:PORT

	command *exec.Cmd
	ended   chan struct{} // closed when it has ended
	err     error         // how; after ended

	mu    sync.Mutex
	lines []line
}

// line is one of the gateway's log.
type line struct {
	Time     time.Time `json:"time"`
	Message  string    `json:"msg"`
	Endpoint string    `json:"endpoint"`
	Reason   string    `json:"reason"`
}

var addresses = regexp.MustCompile(`^ready: REST (\S+)  gRPC (\S+)  admin (\S+)`)

// startGateway starts program on the resources of a file, and returns when it is ready. What it writes goes to log. It ends with
// [gateway.kill], or with this process.
func startGateway(ctx context.Context, program, resources, log string) (*gateway, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	g := &gateway{ended: make(chan struct{})}
	g.command = exec.Command(program, "serve", "-f", resources, "--log-format", "json", // ctx bounds the start alone
		"--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	g.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	output, input, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	g.command.Stdout, g.command.Stderr = input, input
	err = g.command.Start()
	_ = input.Close()
	if err != nil {
		return nil, errors.Join(err, output.Close(), file.Close())
	}
	ready := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { g.read(output, file, ready) })
	go func() {
		reading.Wait()
		g.err = g.command.Wait()
		close(g.ended)
	}()
	select {
	case <-ready:
		return g, nil
	case <-g.ended:
		return nil, fmt.Errorf("the gateway ended before it was ready, %w; see %s", g.err, log)
	case <-ctx.Done():
		g.kill()
		return nil, fmt.Errorf("the gateway is not ready: %w; see %s", ctx.Err(), log)
	}
}

// read copies what the gateway writes, and understands it, until it ends.
func (g *gateway) read(from io.ReadCloser, to io.WriteCloser, ready chan<- struct{}) {
	defer from.Close()
	defer to.Close()
	for lines := bufio.NewScanner(from); lines.Scan(); {
		fmt.Fprintln(to, lines.Text())
		if at := addresses.FindStringSubmatch(lines.Text()); at != nil {
			g.REST, g.GRPC, g.Admin = at[1], at[2], at[3]
			close(ready)
		}
		var l line
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Message != "" {
			g.mu.Lock()
			g.lines = append(g.lines, l)
			g.mu.Unlock()
		}
	}
}

// said is the log so far.
func (g *gateway) said() []line {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clip(g.lines)
}

func (g *gateway) pid() int { return g.command.Process.Pid }

func (g *gateway) signal(s syscall.Signal) error { return g.command.Process.Signal(s) }

// alive tells whether it runs.
func (g *gateway) alive() bool {
	select {
	case <-g.ended:
		return false
	default:
		return true
	}
}

// kill ends the gateway at once, and returns when it has ended.
func (g *gateway) kill() {
	_ = g.command.Process.Kill()
	<-g.ended
}

// buildGateway builds the gateway into a folder, as `make build` does.
func buildGateway(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "manifold")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/manifold-serving/manifold/cmd/manifold")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the gateway: %w\n%s", err, said)
	}
	return program, nil
}
