package faultlab

import (
	"cmp"
	"maps"
	"slices"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func values[K cmp.Ordered, V any](m map[K]V) []V { return slices.Collect(maps.Values(m)) }
