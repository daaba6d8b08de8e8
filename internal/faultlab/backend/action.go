package backend

// Action is what a server does once.
type Action string

// What a server can be told to do.
const (
	// GoAway tells the peer of every connection that streams which were not begun will not be; those that were are answered.
	GoAway Action = "goaway"
	// GoAwayBelow does so with a last stream id below streams that are active, and forgets these: they must be sent again.
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
