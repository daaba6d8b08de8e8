package onnx

import "math/bits"

// buckets lists the batch sizes that are compiled: 1, 2, 4, … limit. None for limit 0.
func buckets(limit int) []int {
	var sizes []int
	for size := 1; size < limit; size *= 2 {
		sizes = append(sizes, size)
	}
	if limit > 0 {
		sizes = append(sizes, limit)
	}
	return sizes
}

// bucket returns the smallest of buckets(limit) that holds rows, 1 ≤ rows ≤ limit.
func bucket(rows, limit int) int {
	return min(1<<bits.Len(uint(rows-1)), limit)
}
