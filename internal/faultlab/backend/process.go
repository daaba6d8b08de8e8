//go:build linux

package backend

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a server. It is safe for concurrent use, but for Restart, Stop and their like, which have an order anyway.
type Process struct {
	// Address is where it serves gRPC and REST, Control where it takes orders. Both stay over restarts.
	Address, Control string

	options      Options
	control      *control
	reservations []*reservation

	mu   sync.Mutex
	life *life
}

// life is one process of the operating system.
type life struct {
	command *exec.Cmd
	log     *tail
	ended   chan struct{} // closed when it has ended
	err     error         // how; after ended
}

// Start starts a server and returns when it listens. Its program is built once for all that this process starts. Ctx bounds the start
// alone; Close ends the server, and so does the end of this process.
func Start(ctx context.Context, o Options) (*Process, error) {
	if err := o.Behaviour.Validate(); err != nil {
		return nil, err
	}
	p := &Process{}
	for _, address := range []*string{&o.Address, &o.Control} {
		if *address != "" {
			continue
		}
		r, err := reserve()
		if err != nil {
			p.release()
			return nil, err
		}
		p.reservations = append(p.reservations, r)
		*address = r.address()
	}
	p.Address, p.Control, p.options, p.control = o.Address, o.Control, o.Complete(), newControl(o.Control)
	if err := p.spawn(ctx); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// Name is that of its options.
func (p *Process) Name() string { return p.options.Name }

// PID is that of the process that was started last.
func (p *Process) PID() int { return p.current().command.Process.Pid }

// Order replaces its behaviour, and begins a window of counts. Calls that are under way keep theirs.
func (p *Process) Order(ctx context.Context, b Behaviour) error {
	body, err := encode(b)
	if err != nil {
		return err
	}
	return p.control.post(ctx, PathOrder, body)
}

// Do makes it do something once.
func (p *Process) Do(ctx context.Context, a Action) error {
	return p.control.post(ctx, PathDo, []byte(a))
}

// Counts are what it saw. A stopped server does not answer before it continues: bound ctx.
func (p *Process) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	return c, p.control.call(ctx, http.MethodGet, PathCounts, nil, &c)
}

// Journal are the calls that ended, oldest first.
func (p *Process) Journal(ctx context.Context) ([]Execution, error) {
	var all []Execution
	return all, p.control.call(ctx, http.MethodGet, PathJournal, nil, &all)
}

// Stop is SIGSTOP, and returns when the process has stopped: the kernel keeps its connections, and accepts more, but nobody answers.
func (p *Process) Stop() error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, p.PID(), nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Continue is SIGCONT.
func (p *Process) Continue() error { return p.signal(syscall.SIGCONT) }

// Kill is SIGKILL, and returns when the process has ended. Connections are refused from then on.
func (p *Process) Kill() {
	life := p.current()
	_ = life.command.Process.Kill()
	<-life.ended
}

// Term is SIGTERM: it says GOAWAY, answers what was begun, and ends. Ended tells when.
func (p *Process) Term() error { return p.signal(syscall.SIGTERM) }

// Ended is closed when the process that was started last has ended.
func (p *Process) Ended() <-chan struct{} { return p.current().ended }

// Restart starts the server again at its address, with the behaviour of its options. What still runs is killed: after [Process.Term],
// await Ended first.
func (p *Process) Restart(ctx context.Context) error {
	p.Kill()
	return p.spawn(ctx)
}

// Close kills the server and gives its ports back.
func (p *Process) Close() {
	p.Kill()
	p.release()
}

func (p *Process) release() {
	for _, r := range p.reservations {
		r.release()
	}
	p.reservations = nil
}

func (p *Process) current() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life
}

func (p *Process) signal(s syscall.Signal) error {
	if err := p.current().command.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %s: %w", p.options.Name, s, err)
	}
	return nil
}

// spawn starts a process and awaits its first line.
func (p *Process) spawn(ctx context.Context) error {
	program, err := built()
	if err != nil {
		return err
	}
	options, err := encode(p.options)
	if err != nil {
		return err
	}
	l := &life{ended: make(chan struct{}), log: &tail{}}
	// Not of ctx, which bounds the start alone.
	l.command = exec.Command(executable(program), "-options", string(options))
	l.command.Args[0] = "faultlab-backend-" + p.options.Name
	l.command.Stderr = l.log
	l.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	output, input, err := os.Pipe()
	if err != nil {
		return err
	}
	defer output.Close()
	l.command.Stdout = input
	err = l.command.Start()
	_ = input.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", p.options.Name, err)
	}
	go func() {
		l.err = l.command.Wait()
		close(l.ended)
	}()
	p.mu.Lock()
	p.life = l
	p.mu.Unlock()
	return p.await(ctx, l, output)
}

// await reads the first line, and kills a process that does not say it in time.
func (p *Process) await(ctx context.Context, l *life, output *os.File) error {
	stop := context.AfterFunc(ctx, func() { _ = l.command.Process.Kill() })
	defer stop()
	line, err := bufio.NewReader(output).ReadBytes('\n')
	var at Addresses
	if err == nil {
		err = json.Unmarshal(line, &at)
	}
	if err == nil && (at.Address != p.Address || at.Control != p.Control) {
		err = fmt.Errorf("listens at %s and %s", at.Address, at.Control)
	}
	if err == nil {
		return nil
	}
	_ = l.command.Process.Kill()
	<-l.ended
	return fmt.Errorf("%s does not start: %w", p.options.Name, errors.Join(ctx.Err(), err, l.err, l.log))
}
