//go:build linux

package toxic_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/manifold-serving/manifold/internal/faultlab/toxic"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for what must come; quiet is for what must not, and a test that errs there errs by passing.
const (
	patience = 20 * time.Second
	quiet    = 50 * time.Millisecond
)

// through returns a proxy, and a connection through it to a server whose end is handed over too.
func through(t *testing.T) (p *toxic.Proxy, caller, server *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p = listen(t, l.Addr().String())
	caller = dial(t, p)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	server = conn.(*net.TCPConn)
	say(t, server, "hello") // what arrives has a link to arrive through
	hear(t, caller, "hello")
	return p, caller, server
}

func listen(t *testing.T, target string) *toxic.Proxy {
	t.Helper()
	p, err := toxic.Listen(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func dial(t *testing.T, p *toxic.Proxy) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

func set(t *testing.T, p *toxic.Proxy, toxics toxic.Toxics) {
	t.Helper()
	if err := p.Set(toxics); err != nil {
		t.Fatal(err)
	}
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("heard %q, %v; want %q", got, err, want)
	}
}

// silent fails the test when something arrives.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(quiet))
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes arrived, %v", n, err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
}

func TestBytesAndEndsPassBothWays(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	say(t, caller, "question")
	hear(t, server, "question")
	caller.CloseWrite()
	if rest, err := io.ReadAll(server); err != nil || len(rest) != 0 {
		t.Fatalf("%q, %v after the end", rest, err)
	}
	say(t, server, "answer")
	server.Close()
	if got, err := io.ReadAll(caller); err != nil || string(got) != "answer" {
		t.Fatalf("%q, %v", got, err)
	}
	if n := len(p.Connects()); n != 1 {
		t.Errorf("%d connects", n)
	}
}

func TestHeldBytesArriveWhenLetGo(t *testing.T) {
	t.Parallel()
	hold := toxic.Direction{Hold: true}
	for _, tt := range []struct {
		name      string
		toxics    toxic.Toxics
		upHeld    bool
		otherWise string
	}{
		{"up", toxic.Toxics{Up: hold}, true, "the answers pass"},
		{"down", toxic.Toxics{Down: hold}, false, "the questions pass"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, caller, server := through(t)
			held, other := server, caller // who hears nothing, and who hears
			if !tt.upHeld {
				held, other = caller, server
			}
			set(t, p, tt.toxics)
			say(t, held, "passes")
			hear(t, other, "passes")
			say(t, other, "held")
			other.CloseWrite()
			silent(t, held)
			set(t, p, toxic.Toxics{})
			hear(t, held, "held")
			if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("the end did not arrive: %v", err)
			}
		})
	}
}

func TestLatencyDelaysAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	const latency = 60 * time.Millisecond
	set(t, p, toxic.Toxics{Down: toxic.Direction{Latency: units.Duration(latency), Jitter: units.Duration(20 * time.Millisecond)}})
	begin := time.Now()
	for _, text := range []string{"one", "two", "three"} {
		say(t, server, text)
	}
	hear(t, caller, "onetwothree")
	if took := time.Since(begin); took < latency {
		t.Errorf("arrived after %v", took)
	}
}

func TestBandwidthBounds(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	set(t, p, toxic.Toxics{Up: toxic.Direction{Bandwidth: 100 * units.KiB}})
	sent := bytes.Repeat([]byte("x"), 10<<10)
	begin := time.Now()
	say(t, caller, string(sent))
	hear(t, server, string(sent))
	if took := time.Since(begin); took < 80*time.Millisecond { // of 100, the last piece arrives before its time is over
		t.Errorf("10 KiB at 100 KiB/s arrived after %v", took)
	}
}

func TestSlicesArriveWhole(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	set(t, p, toxic.Toxics{Up: toxic.Direction{Slice: 3}, Down: toxic.Direction{Slice: 1}})
	say(t, caller, "a question in pieces")
	hear(t, server, "a question in pieces")
	say(t, server, "an answer too")
	hear(t, caller, "an answer too")
}

func TestCorruptChangesBytesAndNotTheirNumber(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	set(t, p, toxic.Toxics{Up: toxic.Direction{Corrupt: 1}})
	sent := bytes.Repeat([]byte("x"), 100)
	say(t, caller, string(sent))
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(server, got); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsRune(got, 'x') {
		t.Errorf("a byte came as it was sent: %q", got)
	}
}

func TestResetIsSeenByBothSides(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	p.Reset()
	for _, c := range []net.Conn{caller, server} {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v", err)
		}
	}
}

func TestHalfClosedConnectionsCarryTheOtherWay(t *testing.T) {
	t.Parallel()
	_, caller, server := through(t)
	server.CloseWrite()
	if _, err := caller.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	say(t, caller, "still here")
	hear(t, server, "still here")
	caller.CloseWrite()
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
}

func TestRefusedConnectionsAreResetAndCounted(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	set(t, p, toxic.Toxics{Refuse: true})
	begin := time.Now()
	for range 3 {
		conn, err := net.Dial("tcp", p.Address())
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v", err)
		}
	}
	connects := p.Connects()
	if len(connects) != 4 || connects[1].Before(begin) {
		t.Errorf("connects at %v, began at %v", connects, begin)
	}
	say(t, caller, "unharmed")
	hear(t, server, "unharmed")
}

func TestAServerThatIsNotThereResets(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := listen(t, l.Addr().String())
	conn, err := net.Dial("tcp", p.Address())
	if err == nil { // the reset may come before the dialler has looked
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
	if n := len(p.Connects()); n != 1 {
		t.Errorf("%d connects", n)
	}
}

func TestLostConnectsTakeUntilTheyAreFound(t *testing.T) {
	t.Parallel()
	p, caller, server := through(t)
	set(t, p, toxic.Toxics{Lost: true})
	var fault net.Error
	if _, err := net.DialTimeout("tcp", p.Address(), quiet); !errors.As(err, &fault) || !fault.Timeout() {
		t.Fatalf("connected: %v", err)
	}
	say(t, caller, "unharmed")
	hear(t, server, "unharmed")
	set(t, p, toxic.Toxics{})
	dial(t, p)
}

func TestConnectsAreCountedFromManySides(t *testing.T) {
	t.Parallel()
	p, _, _ := through(t)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			conn, err := net.Dial("tcp", p.Address())
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		})
	}
	callers.Wait()
	for deadline := time.Now().Add(patience); len(p.Connects()) < 21; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d connects", len(p.Connects()))
		}
	}
}
