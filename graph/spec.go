package graph

import (
	"encoding/json"
	"net/url"
	"strconv"
)

// Spec is the spec of a serving.kserve.io/v1alpha1 InferenceGraph. Fields that shape the pod KServe's controller starts are
// accepted and kept as they are; they mean nothing here.
type Spec struct {
	// Nodes by name; a request enters at "root".
	Nodes map[string]Node `json:"nodes"`
	// Timeout bounds one request to the graph, in seconds; 0 or less: no bound of its own.
	Timeout int64 `json:"timeout,omitempty"`
	// RouterTimeouts bound its parts.
	RouterTimeouts *RouterTimeouts `json:"routerTimeouts,omitempty"`

	Resources          json.RawMessage `json:"resources,omitempty"`
	Affinity           json.RawMessage `json:"affinity,omitempty"`
	Tolerations        json.RawMessage `json:"tolerations,omitempty"`
	NodeSelector       json.RawMessage `json:"nodeSelector,omitempty"`
	NodeName           string          `json:"nodeName,omitempty"`
	ServiceAccountName string          `json:"serviceAccountName,omitempty"`
	MinReplicas        *int32          `json:"minReplicas,omitempty"`
	MaxReplicas        int32           `json:"maxReplicas,omitempty"`
	ScaleTarget        *int32          `json:"scaleTarget,omitempty"`
	ScaleMetric        string          `json:"scaleMetric,omitempty"`
}

// RouterTimeouts are in seconds; 0 or less: no limit.
type RouterTimeouts struct {
	// ServerRead, ServerWrite and ServerIdle are those of KServe's own HTTP server. Here the Gateway's listeners have their own.
	ServerRead  *int64 `json:"serverRead,omitempty"`
	ServerWrite *int64 `json:"serverWrite,omitempty"`
	ServerIdle  *int64 `json:"serverIdle,omitempty"`
	// ServiceClient bounds each call of a serviceName or serviceUrl.
	ServiceClient *int64 `json:"serviceClient,omitempty"`
}

// Node is one router with its steps.
type Node struct {
	// RouterType is Sequence, Switch, Ensemble or Splitter.
	RouterType string     `json:"routerType"`
	Steps      []StepSpec `json:"steps,omitempty"`
}

// StepSpec is a step: one target, and what the router needs to know about it.
type StepSpec struct {
	Name string `json:"name,omitempty"`

	// Exactly one of the three is set.
	NodeName    string `json:"nodeName,omitempty"`
	ServiceName string `json:"serviceName,omitempty"`
	ServiceURL  string `json:"serviceUrl,omitempty"`

	// Data is "$request" or empty, the node's input, or "$response", the previous response of a Sequence.
	Data string `json:"data,omitempty"`
	// Weight is a step's share of a Splitter's requests, in percent.
	Weight *int64 `json:"weight,omitempty"`
	// Condition is a GJSON path, which matches when it exists.
	Condition string `json:"condition,omitempty"`
	// Dependency is Hard, or Soft, which empty means.
	Dependency string `json:"dependency,omitempty"`
	// MapPredictionsToInstances renames a key of V1 JSON in a Sequence; tensors need no such thing.
	MapPredictionsToInstances bool `json:"mapPredictionsToInstances,omitempty"`
}

// The four routers.
const (
	typeSequence = "Sequence"
	typeSwitch   = "Switch"
	typeEnsemble = "Ensemble"
	typeSplitter = "Splitter"
)

const (
	rootNode       = "root"
	dataRequest    = "$request"
	dataResponse   = "$response"
	dependencyHard = "Hard"
	dependencySoft = "Soft"
)

// Target is what a step calls outside its graph. Exactly one of the two is set.
type Target struct {
	Service string // the name of a model or an InferenceService
	URL     string // grpc, grpcs, http or https
}

// String is the name, or the address without its password.
func (t Target) String() string {
	if t.URL == "" {
		return t.Service
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// label is the target in errors.
func (t Target) label() string {
	if t.URL == "" {
		return "service " + strconv.Quote(t.Service)
	}
	return t.String()
}

// target is what a step leads to, in words.
func (s StepSpec) target() string {
	if s.NodeName != "" {
		return s.NodeName
	}
	return Target{s.ServiceName, s.ServiceURL}.String()
}
