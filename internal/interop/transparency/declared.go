package transparency

import "regexp"

// Difference is a way in which the gateway may differ from a server, and why.
type Difference struct {
	What       string // as documentation says it
	Operations string // regular expression of names
	Aspect     string // regular expression
	Direct     string // regular expression of what the server does; "" is anything
	Gateway    string // regular expression of what the gateway does; "" is anything
	Reason     string
}

// covers reports whether d is what was declared.
func (f Difference) covers(d Disagreement) bool {
	for _, m := range []struct{ pattern, text string }{
		{f.Operations, d.Operation}, {f.Aspect, d.Aspect}, {f.Direct, d.Direct}, {f.Gateway, d.Gateway},
	} {
		if m.pattern != "" && !regexp.MustCompile("^(?:"+m.pattern+")$").MatchString(m.text) {
			return false
		}
	}
	return true
}
