//go:build race

package tensorjson

const floatTexts = 200_000

const allocationsCount = false
