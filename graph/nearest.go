package graph

import (
	"fmt"
	"strings"

	"github.com/manifold-serving/manifold/internal/nearest"
)

// didYouMean is the cure for a name that is not among known: the one that it begins with or is nearest to, or all when none is near.
func didYouMean(name string, known []string) string {
	for _, k := range known {
		if strings.HasPrefix(name, k+".") {
			return fmt.Sprintf("did you mean %s?", k)
		}
	}
	if near := nearest.Of(name, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "write one of " + strings.Join(known, ", ")
}
