//go:build linux

package faultlab

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

// told is what the callers were.
func (r *run) told(record *Record, report *load.Report) {
	calls := make([]Call, 0, len(report.Records))
	for _, c := range report.Records {
		due := c.Due.Sub(r.began)
		call := Call{ID: c.ID, Due: due, Ended: due + c.Latency, Code: c.Code, Detail: c.Message}
		call.Expires = c.Sent.Sub(r.began) + report.Options.Deadline
		switch c.Verdict {
		case load.Right:
			call.Verdict = Answered
		case load.Failed, load.NotMade:
			call.Verdict = Failed
			if !c.Cancelled.IsZero() {
				call.Verdict, call.Ended = Cancelled, c.Cancelled.Sub(r.began)
			}
		case load.Wrong, load.Swapped, load.Doubled, load.Missing:
			call.Verdict, call.Detail = Wrong, string(c.Verdict)+": "+c.Why
		}
		calls = append(calls, call)
	}
	record.Calls = append(record.Calls, calls)
	if err := report.Unusable(); err != nil {
		record.Unusable = append(record.Unusable, err.Error())
	}
}

// settle is how long calls may take to end when nobody waits for them any more.
const settle = 200 * time.Millisecond

// collect is what the backends and the gateway saw.
func (r *run) collect(ctx context.Context, record *Record, out []state) error {
	<-time.After(settle)
	record.Arrivals, record.Connects = map[string][]Arrival{}, map[string][]time.Duration{}
	named := map[string]string{} // backends by their addresses
	var faults []error
	for name, n := range r.nodes {
		faults = append(faults, n.recollect(ctx))
		record.Arrivals[name] = r.arrivals(n.seen.own)
		if len(n.seen.others) > 0 {
			record.Arrivals[name+replaced] = r.arrivals(n.seen.others)
		}
		record.Running += n.seen.running
		named[n.target()], named[strings.TrimPrefix(n.target(), "http://")] = name, name
		if n.proxy != nil {
			for _, at := range n.proxy.Connects() {
				record.Connects[name] = append(record.Connects[name], at.Sub(r.began))
			}
		}
	}
	for _, s := range out {
		record.Live = append(record.Live, Live{At: s.at.Sub(r.began), Backend: named[s.address], Calls: s.calls})
	}
	for _, l := range r.gateway.said() {
		change := Change{At: l.Time.Sub(r.began), Backend: named[l.Endpoint], Reason: l.Reason}
		switch {
		case change.At < 0:
		case l.Message == "upstream endpoint ejected":
			change.Out = true
			record.Changes = append(record.Changes, change)
		case l.Message == "upstream endpoint back":
			record.Changes = append(record.Changes, change)
		}
	}
	if !r.gateway.alive() {
		record.Broken = append(record.Broken, "the gateway ended: "+errors.Join(r.gateway.err).Error())
	}
	return errors.Join(faults...)
}

// arrivals are those of a journal.
func (r *run) arrivals(journal []backend.Execution) []Arrival {
	all := make([]Arrival, 0, len(journal))
	for _, e := range journal {
		all = append(all, Arrival{
			ID: e.ID, Model: e.Model, At: e.Started.Sub(r.began), Ended: e.Ended.Sub(r.began), Cancelled: e.Outcome == backend.Cancelled,
		})
	}
	return all
}
