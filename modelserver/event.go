package modelserver

import (
	"fmt"
	"strconv"
	"time"
)

// State is what an [Event] is about.
type State int

const (
	// Loading says that a version is being read and compiled.
	Loading State = iota
	// Ready says that a version serves.
	Ready
	// Failed says that a version will not serve; Event.Err tells why.
	Failed
	// Noticed says that the model loads, but not all of its configuration counts; Event.Notice tells what.
	Noticed
)

// Event is one thing that happened while a model loads.
type Event struct {
	Model   string
	Version int64 // 0 when the event is about the whole model
	State   State
	Took    time.Duration // of Ready and Failed
	Notice  string        // of Noticed
	Err     error         // of Failed
}

// String is the event as a line of progress.
func (e Event) String() string {
	subject := "model " + e.Model
	if e.Version != 0 {
		subject += " version " + strconv.FormatInt(e.Version, 10)
	}
	switch e.State {
	case Loading:
		return subject + ": loading"
	case Ready:
		return fmt.Sprintf("%s: ready in %v", subject, e.Took.Round(time.Millisecond))
	case Failed:
		return fmt.Sprintf("%s: %v", subject, e.Err)
	case Noticed:
		return subject + ": " + e.Notice
	}
	return subject
}
