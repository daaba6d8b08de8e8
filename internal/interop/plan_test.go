//go:build linux

package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// tensor is a tensor of a plan, its data as JSON has them.
type tensor struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
	Data     any    `json:"data"`
}

// call is a request to a model, and what it answers.
type call struct {
	Model   string   `json:"model"`
	Inputs  []tensor `json:"inputs"`
	Outputs []tensor `json:"outputs"`
}

// port is a model that is called with data of the client's, through one input and one output.
type port struct {
	Model    string `json:"model"`
	Input    string `json:"input"`
	Output   string `json:"output,omitempty"`
	Datatype string `json:"datatype,omitempty"`
	Shape    []int  `json:"shape,omitempty"`
}

// v1 is a call over protocol V1.
type v1 struct {
	Model       string `json:"model"`
	Instances   []any  `json:"instances"`
	Predictions []any  `json:"predictions"`
}

// plan is what the programs of clients/ read: a gateway's addresses, and the models behind it. Operations whose model is missing are
// left out.
type plan struct {
	HTTP     string          `json:"http"`
	GRPC     string          `json:"grpc"`
	Main     call            `json:"main"`               // what most operations ask
	Labels   *call           `json:"labels,omitempty"`   // classification; otherwise it asks main for classes
	Identity map[string]port `json:"identity"`           // by datatype: answers a vector with itself
	Bytes    *port           `json:"bytes,omitempty"`    // the same for BYTES
	Slow     *port           `json:"slow,omitempty"`     // answers after as many milliseconds as it is told
	Repeat   *port           `json:"repeat,omitempty"`   // decoupled: answers once for each value; an error for one below zero
	Sequence *port           `json:"sequence,omitempty"` // adds up
	Generate *port           `json:"generate,omitempty"` // text to text
	V1       *v1             `json:"v1"`
}

// write writes the plan for a gateway.
func (p plan) write(t *testing.T, at At) string {
	t.Helper()
	p.HTTP, p.GRPC = at.HTTP, at.GRPC
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
