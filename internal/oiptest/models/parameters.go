package models

import (
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// checkParameters wants the kinds of values that Triton takes over gRPC. Source: the protocol page, "Server semantics that clients
// depend on", and what Triton 2.51 was seen to do.
func checkParameters(all infer.Parameters) error {
	for _, p := range all {
		if !suits(p) {
			return invalid("parameter %q cannot be %v, a %T", p.Key, p.Value, p.Value)
		}
		if strings.HasPrefix(p.Key, "triton_") && p.Key != infer.EnableEmptyFinalResponse {
			return invalid("parameter %q: names that begin with triton_ are the server's", p.Key)
		}
	}
	return nil
}

func suits(p infer.Parameter) bool {
	switch v := p.Value.(type) {
	case bool:
		return p.Key != "sequence_id" && p.Key != "priority" && p.Key != "timeout"
	case int64:
		return !isFlag(p.Key) && (p.Key != "priority" || v >= 0)
	case uint64:
		return p.Key == "priority"
	case string:
		return !isFlag(p.Key) && p.Key != "priority" && p.Key != "timeout"
	case float64:
		return !isServers(p.Key) && !isFlag(p.Key)
	}
	return false
}

// isFlag reports whether Triton takes nothing but a bool.
func isFlag(key string) bool {
	return key == "sequence_start" || key == "sequence_end" || key == infer.EnableEmptyFinalResponse
}
