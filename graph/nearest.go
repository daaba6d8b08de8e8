package graph

import (
	"fmt"
	"strings"
)

// didYouMean is the cure for a name that is not among known: the nearest one, or all when none is near.
func didYouMean(name string, known []string) string {
	best, distance := "", len(name)/2+2
	for _, k := range known {
		if strings.HasPrefix(name, k+".") {
			return fmt.Sprintf("did you mean %s?", k)
		}
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return "write one of " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// maxCompared bounds the work for names that nobody mistyped.
const maxCompared = 256

// editDistance is Levenshtein's: the insertions, deletions and substitutions of a byte that make a of b.
func editDistance(a, b string) int {
	if len(a) > maxCompared || len(b) > maxCompared {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
