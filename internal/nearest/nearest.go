// Package nearest finds the name that somebody probably meant.
package nearest

import (
	"fmt"
	"slices"
	"strings"
)

// maxCompared bounds the names that are compared, in bytes: nobody means a known name by a hundred letters.
const maxCompared = 64

// Suggest is `, did you mean "serviceName"?`, or empty when none of known is near name.
func Suggest(name string, known []string) string {
	if near := Of(name, known); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// Of is the known name that name was probably meant to be, "" when none is near: at most a third of its letters (and at most
// three) are inserted, dropped, replaced or swapped with their neighbour. Of equally near names the first in the alphabet wins.
func Of(name string, known []string) string {
	if len(name) > maxCompared {
		return ""
	}
	best, least := "", min(max(len(name)/3, 1), 3)+1
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if strings.EqualFold(candidate, name) {
			return candidate
		}
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the optimal string alignment distance of a and b, by bytes and without case.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
