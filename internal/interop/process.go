//go:build linux

package interop

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/interop/requirements"
)

// readyWithin bounds how long anything may take to become ready; the real servers take 2 to 10 s on two busy cores.
const readyWithin = 2 * time.Minute

// process is a running program with a process group of its own.
type process struct {
	name    string
	command *exec.Cmd
	group   int
	log     string
	ended   chan struct{} // closed when it has ended
	err     error         // how; after ended
	kill    func()
}

// start runs c until tb ends. What it writes goes to a file of tb's.
func start(tb testing.TB, name string, c *exec.Cmd) *process {
	tb.Helper()
	log, err := os.CreateTemp(tb.TempDir(), name)
	if err != nil {
		tb.Fatal(err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	// The group is for the end of the test, the signal for the end of a test that cannot clean up.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	p := &process{name: name, command: c, group: c.Process.Pid, log: log.Name(), ended: make(chan struct{})}
	// Whoever ended by itself may have left a group behind; a second kill of a group that is gone would hit nobody, or a stranger.
	p.kill = sync.OnceFunc(func() { _ = syscall.Kill(-p.group, syscall.SIGKILL) })
	go func() {
		p.err = c.Wait()
		p.kill()
		close(p.ended)
	}()
	tb.Cleanup(p.Kill)
	return p
}

// Kill ends the process and its group at once, and returns when it has ended.
func (p *process) Kill() {
	p.kill()
	<-p.ended
}

// Tail is the end of what the process wrote.
func (p *process) Tail() string {
	said, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return requirements.Tail(said)
}

// Alive tells whether the process runs.
func (p *process) Alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// await asks until ready says nil, the process ends, or time is up.
func (p *process) await(tb testing.TB, ready func(context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), readyWithin)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-p.ended:
			tb.Fatalf("%s ended before it was ready (%v); it said:\n%s", p.name, p.err, p.Tail())
		case <-ctx.Done():
			tb.Fatalf("%s is not ready: %v; it said:\n%s", p.name, err, p.Tail())
		}
	}
}

// freePorts are n ports that nobody listened on. Somebody may take one before it is used; then the program does not get ready, and
// its log says why.
func freePorts(tb testing.TB, n int) []string {
	tb.Helper()
	var ports []string
	for range n {
		var config net.ListenConfig
		l, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			tb.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

// exitCode is a finished program's, -1 if it never started or was killed.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// run runs c to its end and returns what it wrote to its two outputs. Its group ends with it, or with ctx.
func run(ctx context.Context, c *exec.Cmd) (stdout, stderr string, code int) {
	var out, complaints strings.Builder
	c.Stdout, c.Stderr = &out, &complaints
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		return "", err.Error(), -1
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	defer stop()
	err := c.Wait()
	return out.String(), complaints.String(), exitCode(err)
}
