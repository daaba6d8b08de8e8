package admission

import "time"

// How the limit follows what the server does.
const (
	leastWindow  = 100 * time.Millisecond // between two looks: often enough to be over a burst within a second
	longWindow   = 5 * time.Second        // after which fewSamples do: a server whose calls take seconds is not learnt for minutes
	fewSamples   = 10                     // of which the mean is noise, but shows a factor of two
	leastSamples = 50                     // of a look
	mostSamples  = 500                    // of a look: more would not be any better
	rounds       = 2                      // of a look: calls as often as the limit, or it would show the limit before
	tolerance    = 2.0                    // times the best latency that calls may take: so much waiting keeps every worker busy
	cut          = 0.5                    // of the limit is left by a cut: at twice the best latency half of the calls only wait
	pace         = 0.25                   // of the limit is the most that it grows by in one step
	worth        = 0.85                   // of the rate before a cut: when less is left, what was cut was no waiting
)

// gradient is a limit that grows while calls wait for it, and is cut when calls take twice as long as they did at their best: those above
// it only wait, in the server instead of here. Whether they did is seen after each cut. If the server then does less, as one does that
// works in batches, or has become slower, the longer latency is taken for the best one from then on.
//
// So it swings about the least limit at which the server is busy, up to twice that, and never goes to its least to measure.
// It is not safe for concurrent use.
type gradient struct {
	min, max float64
	limit    float64

	best    float64   // latency since the last cut that was none, in seconds; 0: none seen
	before  float64   // the rate before a cut that is to be judged, calls a second; 0: none is
	epoch   time.Time // of the last cut: calls from before say nothing of what is now
	settled time.Time // when calls that began after the cut end as others do, and not only the shortest
	slow    bool      // the look before found calls that took too long
	window  window
}

// window is what was seen since the last look.
type window struct {
	since   time.Time
	samples int
	late    int           // of the samples: their deadlines passed
	latency time.Duration // of all samples
	full    bool          // a call found no room
}

func newGradient(o Options) *gradient {
	return &gradient{min: float64(o.Min), max: float64(o.Max), limit: float64(o.Limit)}
}

// full tells that a call found no room.
func (g *gradient) full() { g.window.full = true }

// ended counts a call that began at start: one that was served, or that was late.
func (g *gradient) ended(start, now time.Time, late bool) {
	if start.Before(g.epoch) || now.Before(g.settled) {
		return
	}
	w := &g.window
	if w.since.IsZero() {
		w.since = start
	}
	w.samples++
	w.latency += now.Sub(start)
	if late {
		w.late++
	}
	if w.enough(int(g.limit), now.Sub(w.since)) {
		g.look(now)
		g.window = window{since: now}
	}
}

// enough reports whether a window that has lasted so long shows how the server does with that limit.
func (w *window) enough(limit int, lasted time.Duration) bool {
	samples := min(mostSamples, max(leastSamples, rounds*limit))
	if lasted >= longWindow {
		samples = fewSamples
	}
	return w.samples >= samples && lasted >= leastWindow
}

// look moves the limit by what the window showed.
func (g *gradient) look(now time.Time) {
	w := g.window
	latency := w.latency.Seconds() / float64(w.samples)
	if 2*w.late > w.samples { // for most, the latency is that of their clients' patience
		if w.full {
			g.shrink(0, latency, now)
		}
		return
	}
	rate := g.limit * float64(w.samples-w.late) / w.latency.Seconds()
	if g.best == 0 || w.full && rate < worth*g.before {
		g.best = latency
	}
	g.best, g.before = min(g.best, latency), 0
	switch {
	case !w.full:
	case latency <= tolerance*g.best:
		g.limit = min(g.max, 1+g.limit*(1+pace*(tolerance*g.best/latency-1)))
	case !g.slow: // once is chance
		g.slow = true
		return
	case g.limit == g.min: // no cut shows that this is but a slower server
		g.best = latency
	default:
		g.shrink(rate, latency, now)
	}
	g.slow = false
}

// shrink cuts the limit; the rate and the latency are those before.
func (g *gradient) shrink(rate, latency float64, now time.Time) {
	g.limit, g.before = max(g.min, g.limit*cut), rate
	g.epoch, g.settled = now, now.Add(time.Duration(latency*float64(time.Second)))
}
