package backend

import "time"

// Counts are what a server saw. Questions about health and metadata are no calls.
type Counts struct {
	Started time.Time `json:"started"` // when the process did
	// Total is since then, Window since the last order, or [Mark].
	Total  Window `json:"total"`
	Window Window `json:"window"`
	// Live is how many calls it has now, those that wait for a worker too.
	Live int `json:"live"`
	// Open is how many connections it has now.
	Open int `json:"open"`
}

// Window is what was seen in a time.
type Window struct {
	Since time.Time `json:"since"`
	Tally Tally     `json:"tally"`
	// Models are the calls of each, by the name that was asked for.
	Models map[string]Tally `json:"models"`
	// LivePeak is the highest number of calls at once; those of the window's begin count.
	LivePeak int `json:"livePeak"`
	// Asked are questions about health and metadata, by method: ServerLive, ModelReady, …; those of REST too.
	Asked map[string]int `json:"asked"`
	// Dials are when connections were accepted, the first 100 000 of them; Accepted is how many.
	Dials    []time.Time `json:"dials"`
	Accepted int         `json:"accepted"`
	// Deadlines are those that calls carried.
	Deadlines Deadlines `json:"deadlines"`
}

// Tally counts calls. Started = Finished + Failed + Cancelled + Cut + those that are live.
type Tally struct {
	Started   int `json:"started"`
	Finished  int `json:"finished"`  // answered, lies too
	Failed    int `json:"failed"`    // answered with an error that was ordered
	Refused   int `json:"refused"`   // what was no call for a model that there is; not in Started
	Cancelled int `json:"cancelled"` // the caller went away
	Cut       int `json:"cut"`       // ended in the middle of the answer
}

// Deadlines are those of calls, as they arrived.
type Deadlines struct {
	Absent int `json:"absent"` // calls without a deadline of gRPC; all of REST
	// Shortest and Longest are the times that calls had left, by the server's clock; 0 when all were absent.
	Shortest time.Duration `json:"shortest"`
	Longest  time.Duration `json:"longest"`
	// Expired are calls that began when their caller's own deadline (which is in the payload) had passed.
	Expired int `json:"expired"`
	// Excess is the most by which a deadline of gRPC was later than the caller's own.
	Excess time.Duration `json:"excess"`
}

// Execution is one call in the journal, which keeps the last 100 000 that ended.
type Execution struct {
	Number  uint64    `json:"number"`
	ID      string    `json:"id"`
	Model   string    `json:"model"`
	Started time.Time `json:"started"`
	// Ended is when the handler was done: of a cancelled call, when it saw that. All processes of a machine have one clock.
	Ended   time.Time `json:"ended"`
	Outcome Outcome   `json:"outcome"`
}

// Outcome is how a call ended.
type Outcome string

// How calls end; see [Tally].
const (
	Finished  Outcome = "finished"
	Failed    Outcome = "failed"
	Cancelled Outcome = "cancelled"
	WasCut    Outcome = "cut"
)
