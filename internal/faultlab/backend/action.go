package backend

// Action is what a server does once.
type Action string

// What a server can be told to do.
const (
	// GoAway tells the peer of every connection to open no more streams, as servers do that are well: no call is lost.
	GoAway Action = "goaway"
	// GoAwayBelow says so at once, with a last stream id two streams below the newest: these must be sent again, and what comes later
	// is not looked at. Servers' counts may have the two as finished.
	GoAwayBelow Action = "goawayBelow"
	// Reset ends every connection with a RST of TCP.
	Reset Action = "reset"
	// Drain stops listening, says GOAWAY, answers what was begun, and ends the process. It returns at once.
	Drain Action = "drain"
	// Exit ends the process at once, with the code 3. Its control port may not answer.
	Exit Action = "exit"
	// Mark begins a new window of counts.
	Mark Action = "mark"
)

// The paths of the control port.
const (
	PathOrder   = "/order"   // POST a [Behaviour]
	PathDo      = "/do"      // POST an [Action] as text
	PathCounts  = "/counts"  // GET [Counts]
	PathJournal = "/journal" // GET [Execution]s, as a list
)
