package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a child and its own children.
type process struct {
	command *exec.Cmd
	errors  bytes.Buffer
}

// spawn starts a program in a process group of its own.
func spawn(ctx context.Context, name string, args ...string) (*process, *bufio.Reader, error) {
	return spawnCommand(exec.CommandContext(ctx, name, args...)) //nolint:gosec // the programs of the table
}

func spawnCommand(c *exec.Cmd) (*process, *bufio.Reader, error) {
	p := &process{command: c}
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.command.Stderr = &p.errors
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return p, bufio.NewReader(out), p.command.Start()
}

// kill ends the group.
func (p *process) kill() {
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	_ = p.command.Wait()
}

// role starts this program as another one of the table and returns the address that it listens on.
func role(ctx context.Context, name, upstream string) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, out, err := spawn(ctx, self, "role", name, upstream)
	if err != nil {
		return nil, "", err
	}
	address, err := out.ReadString('\n')
	if err != nil {
		p.kill()
		return nil, "", fmt.Errorf("role %s: %w\n%s", name, err, p.errors.String())
	}
	return p, strings.TrimSpace(address), nil
}

// members are the processes of the group.
func (p *process) members() []int {
	all := []int{p.command.Process.Pid}
	for i := 0; i < len(all); i++ {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		for _, file := range files {
			text, _ := os.ReadFile(file) //nolint:gosec // of procfs
			for field := range strings.FieldsSeq(string(text)) {
				if pid, err := strconv.Atoi(field); err == nil {
					all = append(all, pid)
				}
			}
		}
	}
	return all
}

// cpu is the CPU time, user and system, that the group has used.
func (p *process) cpu() (time.Duration, error) {
	var sum time.Duration
	for _, pid := range p.members() {
		var t unix.Timespec
		// The CPU clock of another process: its number inverted, above three bits that say so. Source: clock_getcpuclockid(3).
		if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil && !errors.Is(err, unix.EINVAL) {
			return 0, err
		}
		sum += time.Duration(t.Nano())
	}
	return sum, nil
}

// peak is the most memory, in bytes, that the group's processes had resident, each at its own time.
func (p *process) peak() int64 { return p.memory("VmHWM:") }

// memory is the sum of a line of the processes' status, in bytes. Source: proc_pid_status(5).
func (p *process) memory(line string) int64 {
	var sum int64
	for _, pid := range p.members() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) //nolint:gosec,nolintlint // of procfs; gosec finds it on some days
		_, after, _ := strings.Cut(string(text), line)
		fields := strings.Fields(after)
		if len(fields) > 0 {
			kib, _ := strconv.ParseInt(fields[0], 10, 64)
			sum += kib << 10
		}
	}
	return sum
}
