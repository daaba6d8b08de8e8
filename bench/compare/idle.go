package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// idle is a section of the report: what a connection on which nothing happens costs.
type idle struct {
	name    string
	targets []string
	open    func(t *target, conn net.Conn) (net.Conn, error)
}

const (
	idleWanted = 10_000 // connections
	idleFirst  = 200    // that come before and do not count: what is made once is made then
	idleSpare  = 500    // descriptors that a process has for everything else
	idleGoal   = 25     // KiB, the most that one may cost
	idleOpens  = 32     // at a time
)

func idles() []idle {
	proxies := []string{manifold, naiveGRPC, nginx}
	return []idle{
		{"idle connections, gRPC, settings exchanged", proxies, func(_ *target, conn net.Conn) (net.Conn, error) { return openH2(conn) }},
		{"idle connections, gRPC, after a call", proxies, openAndCall},
		{"idle connections, REST, after a call", []string{manifold, naiveJSON}, openAndPost},
	}
}

// idleBytes are of the tensor of the call.
const idleBytes = 64

func openAndCall(_ *target, conn net.Conn) (net.Conn, error) {
	c, err := openH2(conn)
	if err != nil {
		return nil, err
	}
	req := infer.NewRequest(infer.Head{ModelName: model}, []infer.TensorData{
		{Name: "x", DataType: infer.FP32, Shape: infer.Shape{idleBytes / 4}, Data: mem.SliceBuffer(make([]byte, idleBytes))},
	}, nil)
	defer req.Free()
	message := req.Marshal()
	defer message.Free()
	n, err := c.call(message.Materialize())
	if err == nil && n < idleBytes {
		err = fmt.Errorf("an answer of %d bytes to a tensor of %d", n, idleBytes)
	}
	return c, err
}

func openAndPost(t *target, conn net.Conn) (net.Conn, error) {
	body := oipJSON(idleBytes / 4)
	if t.name == naiveJSON {
		body = protoJSON(idleBytes / 4)
	}
	_, err := fmt.Fprintf(conn, "POST /v2/models/%s/infer HTTP/1.1\r\nHost: compare\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		model, len(body), body)
	if err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, text)
	}
	return conn, err
}

// measure opens the connections to each target, in a process of its own each round.
func (s idle) measure(ctx context.Context, o options, folder string) (table, error) {
	n, err := descriptors(idleWanted + idleFirst + idleSpare)
	if err != nil {
		return table{}, err
	}
	n = min(idleWanted, n-idleFirst-idleSpare)
	t := table{
		name: s.name,
		note: fmt.Sprintf("%d connections, after %d that do not count; what is resident after, less before, for each. The goal is %d KiB.", n, idleFirst, idleGoal),
		rows: [][]string{{"", "KiB/connection", "/ goal"}},
	}
	if n < idleWanted {
		t.note += fmt.Sprintf(" There would be %d if the limit of open files let them.", idleWanted)
	}
	if n < 1 {
		return t, errors.New("the limit of open files leaves no connection to measure; ulimit -n tells")
	}
	for _, name := range s.targets {
		row, err := s.row(ctx, o, name, n, folder)
		if err != nil {
			return t, fmt.Errorf("%s: %w", name, err)
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// row measures a target in each round.
func (s idle) row(ctx context.Context, o options, name string, n int, folder string) ([]string, error) {
	var costs []float64
	for range o.rounds {
		cost, err := s.turn(ctx, o, name, n, folder)
		if err != nil {
			return nil, err
		}
		if cost != nil {
			costs = append(costs, *cost)
		}
	}
	if len(costs) == 0 {
		return []string{name, notInstalled}, nil
	}
	cost := spreadOf(costs)
	return []string{name, cost.of("%.1f"), fmt.Sprintf("%.2f", cost.median/idleGoal)}, nil
}

// turn is a connection's KiB at one target; nil, without an error, when that is not installed.
func (s idle) turn(ctx context.Context, o options, name string, n int, folder string) (*float64, error) {
	model, upstream, err := role(ctx, "identity", "-")
	if err != nil {
		return nil, err
	}
	defer model.kill()
	folder, err = os.MkdirTemp(folder, "idle")
	if err != nil {
		return nil, err
	}
	t, err := launch(ctx, o, order{name, upstream, fmt.Sprintf(oneServer, upstream), folder, idleWanted + idleFirst + idleSpare})
	if t == nil || err != nil {
		return nil, err
	}
	defer t.close()
	first, err := s.openAll(ctx, t, idleFirst)
	defer first.close()
	if err != nil {
		return nil, err
	}
	before := t.process.settled(ctx)
	all, err := s.openAll(ctx, t, n)
	defer all.close()
	if err != nil {
		return nil, err
	}
	after := t.process.settled(ctx)
	if lost := all.lost(); lost > 0 {
		return nil, fmt.Errorf("%d of %d connections were closed while they were idle", lost, n)
	}
	cost := float64(after-before) / float64(n) / kib
	return &cost, nil
}

// connections are idle.
type connections struct {
	mu  sync.Mutex
	all []net.Conn
}

func (s idle) openAll(ctx context.Context, t *target, n int) (*connections, error) {
	address := t.grpc
	if strings.Contains(s.name, "REST") {
		address = t.rest
	}
	var cs connections
	var dialer net.Dialer
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(idleOpens)
	for range n {
		group.Go(func() error {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			cs.mu.Lock()
			cs.all = append(cs.all, conn)
			cs.mu.Unlock()
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				return err
			}
			_, err = s.open(t, conn)
			return err
		})
	}
	return &cs, group.Wait()
}

// lost are those that the other side has closed.
func (cs *connections) lost() int {
	n := 0
	var some [1]byte
	for _, conn := range cs.all {
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond)) // a deadline that has passed would be all that is seen
		if _, err := conn.Read(some[:]); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			n++
		}
	}
	return n
}

func (cs *connections) close() {
	for _, conn := range cs.all {
		_ = conn.Close()
	}
}

// settled is the memory, in bytes, that the process has resident once it does not change any more, or after ten seconds.
func (p *process) settled(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for last := p.memory("VmRSS:"); ; {
		select {
		case <-ctx.Done():
			return last
		case <-tick.C:
		}
		now := p.memory("VmRSS:")
		if now == last {
			return now
		}
		last = now
	}
}

// descriptors raises the limit of open files to want where that is allowed, for this process and those that it starts, and returns
// what the limit is.
func descriptors(want uint64) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	for _, most := range []uint64{max(want, limit.Max), limit.Max} { // the first takes a privilege if it is more
		raised := syscall.Rlimit{Cur: most, Max: most}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
			return int(min(most, math.MaxInt32)), nil
		}
	}
	return int(min(limit.Cur, math.MaxInt32)), nil
}
