//go:build !race

package oiptest

// Race tells that the race detector is on, under which pools drop what they hold and counts of allocations mean nothing.
const Race = false
