package balance

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// answering is a call, when its server, which is well, has answered it, and its deadline.
type answering struct {
	*Lease[*host]
	at, deadline time.Time
}

// gateway is this process, which stops now and then while three servers are well.
type gateway struct {
	t      *rapid.T
	set    *Set[*host]
	random *rand.Rand
	live   []answering
	blamed []string
}

// hear hears what servers have answered by now, in any order, while new calls come. Of those whose deadline is over some are answered.
func (g *gateway) hear(calls int) {
	g.random.Shuffle(len(g.live), func(i, j int) { g.live[i], g.live[j] = g.live[j], g.live[i] })
	var waiting []answering
	for _, c := range g.live {
		if c.at.After(time.Now()) {
			waiting = append(waiting, c)
			continue
		}
		if calls > 0 {
			waiting = append(waiting, g.call())
			calls--
		}
		if c.deadline.Before(time.Now()) && g.random.IntN(4) > 0 {
			c.Done(Failed)
		} else {
			c.Done(Answered)
		}
	}
	for ; calls > 0; calls-- {
		waiting = append(waiting, g.call())
	}
	g.live = waiting
}

func (g *gateway) call() answering {
	l, err := g.set.Take(Call{Model: "m", Repeatable: true})
	if err != nil {
		g.t.Fatal(err)
	}
	now := time.Now()
	return answering{l, now.Add(time.Duration(5+g.random.IntN(30)) * time.Millisecond), now.Add(time.Second)}
}

// stop stops the process: nothing runs, not even a look at the calls, which is due when it continues, before or after the answers
// are read.
func (g *gateway) stop(length time.Duration) {
	if !g.set.timer.Stop() {
		return
	}
	time.Sleep(length)
	first := rapid.Bool().Draw(g.t, "look first")
	if !first {
		g.hear(2)
	}
	g.set.timer.Reset(0)
	synctest.Wait()
	if first {
		g.hear(2)
	}
}

// A stall of the gateway's own process made every call old, and many fail, which ejected servers that were well.
func TestPauseOfTheGatewayEjectsNobody(t *testing.T) {
	t.Parallel()
	bubble(t, 1000, func(rt *rapid.T) {
		g := &gateway{t: rt, random: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))}
		g.set = NewSet(Options{Balancing: rapid.SampledFrom([]Policy{P2C, RoundRobin}).Draw(rt, "policy")}, Hooks[*host]{
			Notify:  func(e Event) { g.blamed = append(g.blamed, e.Address+" "+e.State+" "+e.Reason) },
			Suspect: func(e *Endpoint[*host]) { g.blamed = append(g.blamed, e.Address+" suspected") },
		})
		g.set.random = g.random.Uint64
		for _, name := range []string{"a", "b", "c"} {
			g.set.Add(name, &host{})
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			for range rapid.IntRange(0, 5).Draw(rt, "turns") {
				g.hear(rapid.IntRange(0, 3).Draw(rt, "calls"))
				time.Sleep(time.Duration(rapid.IntRange(1, 20).Draw(rt, "ms")) * time.Millisecond)
			}
			g.hear(3)
			for range rapid.IntRange(1, 4).Draw(rt, "stops") {
				g.stop(time.Duration(rapid.IntRange(20, 5000).Draw(rt, "stopped")) * time.Millisecond)
			}
		}
		for _, c := range g.live {
			c.Done(Abandoned)
		}
		synctest.Wait()
		if len(g.blamed) > 0 {
			rt.Fatalf("servers that are well: %v", g.blamed)
		}
	})
}
