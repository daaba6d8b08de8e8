package triton

import (
	"path/filepath"

	standins "github.com/manifold-serving/manifold/internal/oiptest/models"
)

// WriteTwins fills dir with twins of oiptest's models for a real Triton: the same configurations, with code in Python.
func WriteTwins(dir string) error {
	if err := standins.Write(dir, standins.All()); err != nil {
		return err
	}
	versions, err := filepath.Glob(filepath.Join(dir, "*", "[0-9]"))
	if err != nil {
		return err
	}
	for _, version := range versions {
		source := twinSource(filepath.Base(filepath.Dir(version)))
		if source == "" {
			continue
		}
		if err := (model{source: source}).writeVersion(version); err != nil {
			return err
		}
	}
	return nil
}

// twinSource is the file that a model shares with others; identities are most of them.
func twinSource(name string) string {
	switch name {
	case "simple", "simple_int8", "simple_string":
		return "arithmetic"
	case "simple_sequence", "simple_dyna_sequence", "simple_string_dyna_sequence", "nan_inf_output", "parameter", "zeros", "measure":
		return "examples"
	case "square_int32", "mock_llm":
		return "stream"
	case "sequence", "sequence_text":
		return "sequence"
	case "repeat", "repeat_int32":
		return "repeat"
	case "two", "extremes":
		return "constant"
	case "llm", "fail", "slow", "broken":
		return name
	case "chain": // an ensemble
		return ""
	}
	return "identity"
}
