package config

import (
	"strconv"
	"strings"
)

// child is the path of the field key below path: "spec.nodes", or `metadata.annotations["manifold.dev/target"]` when the key could
// be misread.
func child(path, key string) string {
	switch {
	case !plainKey(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// item is the path of element i of the list at path.
func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parent is the path that path is a field or element of, "" at the top.
func parent(path string) string {
	if strings.HasSuffix(path, `"]`) {
		return path[:max(strings.LastIndex(path, `["`), 0)]
	}
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func plainKey(key string) bool {
	for _, r := range key {
		if !isPlain(r) {
			return false
		}
	}
	return key != ""
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}
