package balance

// Link is what a transport keeps for an endpoint: its connections. It is safe for concurrent use.
type Link interface {
	// Standing tells whether a call would find a connection. It is asked for every call, and may set a connection going.
	Standing() Standing

	// Close closes the connections. Calls on them fail.
	Close() error
}

// Explainer is what a link may be as well.
type Explainer interface {
	// Trouble says for people why no connection can be established; empty: nobody knows. It is asked while the link is Unreachable.
	Trouble() string
}

// Standing ranks endpoints by what their connections are good for.
type Standing int

// The standings, the best first.
const (
	Usable      Standing = iota // a connection is up, or was not needed yet
	Connecting                  // it may be up soon
	Unreachable                 // the last attempt failed
)
