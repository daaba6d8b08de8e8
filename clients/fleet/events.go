package fleet

import (
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// The states of an endpoint that the fleet goes by; see [balance.State].
const (
	ejected = "ejected"
	probing = "probing"
	leaving = "leaving"
	vetoed  = "vetoed"
)

// notify hears of an endpoint's new state.
func (f *Fleet[L]) notify(event balance.Event) {
	log := f.logger.With("endpoint", event.Address)
	if event.Model != "" {
		if event.State == vetoed {
			log.Warn("upstream model kept away from endpoint", "model", event.Model, "reason", event.Reason)
		} else {
			log.Info("upstream model back at endpoint", "model", event.Model)
		}
		return
	}
	switch event.State {
	case ejected:
		log.Warn("upstream endpoint ejected", "cause", string(event.Cause), "reason", event.Reason, "for", event.For.Round(time.Millisecond))
	case probing:
		log.Debug("upstream endpoint tried", "reason", event.Reason)
	case "ready":
		log.Info("upstream endpoint back")
	case "unreachable":
		log.Warn("upstream endpoint unreachable")
	default:
		log.Info("upstream endpoint " + event.State)
	}
	e := f.roster.member(event.Address)
	switch {
	case e == nil || event.State == probing:
	case event.State == ejected && event.Cause == balance.Stalled:
		f.vigils.hold(e)
	case event.State != ejected:
		f.vigils.end(e)
	}
}

// suspect hears of an endpoint that may be stalled.
func (f *Fleet[L]) suspect(e *balance.Endpoint[L]) { f.suspicions.suspect(e) }

// back hears of an endpoint that was silent and answers again.
func (f *Fleet[L]) back(e *balance.Endpoint[L]) {
	e.Answers()
	f.health.ask(e)
}
