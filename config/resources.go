package config

// Resources is everything that was loaded, each kind in file order.
type Resources struct {
	Gateway           *Gateway // nil when no file has one: the defaults of server.Options hold
	ModelServers      []ModelServer
	InferenceServices []InferenceService
	InferenceGraphs   []InferenceGraph

	// Files are every file read and every folder looked into, and what was named but is not there: what to watch for a reload. The
	// standard input is not among them.
	Files []string

	// Warnings are what is accepted but does less than its author may expect.
	Warnings Faults

	written map[string]*document // by label: "InferenceGraph animals"
}
