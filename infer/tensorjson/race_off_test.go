//go:build !race

package tensorjson

// floatTexts is how many texts the proof of float parsing takes; `make fuzz` has a longer one in FuzzFloat32.
const floatTexts = 10_000_000

// allocationsCount is whether allocations are those of the product: the race detector adds its own.
const allocationsCount = true
