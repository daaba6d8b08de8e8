package backend

import (
	"encoding/json"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// Options is how a server is born; it can be written as YAML or JSON. Zero values are a server named backend with one model, ledger,
// that answers at once, 8 calls at a time.
type Options struct {
	// Name is in every answer, with the incarnation of the process behind a slash, and is the server's in its metadata.
	Name string `json:"name,omitempty"`
	// Models are what it has; all answer alike.
	Models []string `json:"models,omitempty"`
	// Workers is how many calls are served at a time; the others wait their turn. 0 means 8.
	Workers int `json:"workers,omitempty"`
	// Service is how long a worker takes.
	Service Delay `json:"service,omitzero"`
	// Behaviour is what it begins with, also when it is restarted.
	Behaviour Behaviour `json:"behaviour,omitzero"`
	// Address and Control are where it listens, 127.0.0.1 and a port. Empty means free ports, which are kept over restarts.
	Address string `json:"address,omitempty"`
	Control string `json:"control,omitempty"`
	// Seed is of everything that is left to chance; 0 means another one each time.
	Seed uint64 `json:"seed,omitempty"`
}

// Complete is o with its defaults.
func (o Options) Complete() Options {
	if o.Name == "" {
		o.Name = "backend"
	}
	if len(o.Models) == 0 {
		o.Models = []string{"ledger"}
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Control == "" {
		o.Control = "127.0.0.1:0"
	}
	return o
}

// Delay is a distribution of times.
type Delay struct {
	// Mean is that of a call that is not among the slow ones: its exact time, or its mean when Exponential.
	Mean        units.Duration `json:"mean,omitempty"`
	Exponential bool           `json:"exponential,omitempty"`
	// SlowShare of calls, 0 to 1, takes SlowFactor times as long.
	SlowShare  float64 `json:"slowShare,omitempty"`
	SlowFactor float64 `json:"slowFactor,omitempty"`
}

// IsZero tells whether nothing was said.
func (d Delay) IsZero() bool { return d == Delay{} }

// Addresses is what the process says on its first line of standard output, as JSON.
type Addresses struct {
	Address string `json:"address"`
	Control string `json:"control"`
}

// Incarnation is the name in the answers of a process that started then.
func Incarnation(name string, started time.Time) string {
	return name + "/" + started.UTC().Format("150405.000000000")
}

func encode(v any) ([]byte, error) { return json.Marshal(v) }
