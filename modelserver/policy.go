package modelserver

import (
	"fmt"
	"slices"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// chooseVersions returns those of the versions, which ascend, that the policy names; none given means the highest.
func chooseVersions(policy *inferencepb.ModelVersionPolicy, versions []located) ([]located, error) {
	switch {
	case policy.GetAll() != nil:
		return versions, nil
	case policy.GetSpecific() != nil:
		return specificVersions(policy.GetSpecific().GetVersions(), versions)
	}
	n := max(int(policy.GetLatest().GetNumVersions()), 1)
	return versions[max(len(versions)-n, 0):], nil
}

func specificVersions(wanted []int64, versions []located) ([]located, error) {
	var chosen []located
	for _, v := range versions {
		if slices.Contains(wanted, v.number) {
			chosen = append(chosen, v)
		}
	}
	for _, number := range wanted {
		if !slices.ContainsFunc(chosen, func(v located) bool { return v.number == number }) {
			return nil, fmt.Errorf("version_policy names version %d, but there are %v", number, numbers(versions))
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("version_policy specific names no version; there are %v", numbers(versions))
	}
	return chosen, nil
}

func numbers(versions []located) []int64 {
	list := make([]int64, len(versions))
	for i, v := range versions {
		list[i] = v.number
	}
	return list
}
