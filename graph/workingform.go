package graph

import (
	"slices"
	"strconv"
	"strings"
)

// longestForm bounds what workingForm writes: alternatives multiply.
const longestForm = 1024

// workingForm rewrites a path with && and || into one that GJSON reads as meant. Inside a query, and is one query on the result of
// another, #(a)#|#(b). Elsewhere a multipath collects what exists: [a,b].1 exists when both do, [a,b].0 when either does.
func workingForm(path string) (string, bool) {
	at := findOperator(path)
	if at < 0 {
		return path, true
	}
	if len(path) > longestForm {
		return "", false
	}
	// Each round removes an operator or, where it only drops brackets, shortens the path; else brackets of another kind hold it.
	again := func(next string) (string, bool) {
		if next == path {
			return "", false
		}
		return workingForm(next)
	}
	from, to := query(path, at)
	if from < 0 {
		return joined(split(path, '|'), ".0", func(part string) (string, bool) {
			return joined(split(part, '&'), ".1", again)
		})
	}
	prefix, body, suffix := path[:from], path[from:to], path[to:]
	return joined(split(body, '|'), ".0", func(part string) (string, bool) {
		return again(prefix + strings.Join(split(part, '&'), ")#|#(") + suffix)
	})
}

// joined is one part as it is, or a multipath of all of them with the index that tells how many must exist. For ands beyond two the
// index is the last one.
func joined(parts []string, index string, each func(string) (string, bool)) (string, bool) {
	if len(parts) == 1 {
		return each(parts[0])
	}
	forms := make([]string, len(parts))
	for i, part := range parts {
		form, ok := each(part)
		if !ok || part == "" {
			return "", false
		}
		forms[i] = form
	}
	if index != ".0" {
		index = "." + strconv.Itoa(len(parts)-1)
	}
	form := "[" + strings.Join(forms, ",") + "]" + index
	return form, len(form) <= longestForm
}

// query returns the inside of the innermost query that holds position at, or -1 when no query does.
func query(path string, at int) (from, to int) {
	var open []int
	_ = eachOutside(path, func(i int) bool { // quotes are checked before
		switch path[i] {
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			open = open[:len(open)-1]
		}
		return i < at
	})
	for _, o := range slices.Backward(open) {
		if path[o] == '(' && o > 0 && path[o-1] == '#' {
			return o + 1, closing(path, o)
		}
	}
	return -1, -1
}

// closing is the position of the bracket that closes the one at open.
func closing(path string, open int) int {
	depth, at := 0, len(path)
	_ = eachOutside(path, func(i int) bool { // quotes are checked before
		switch {
		case i < open:
		case path[i] == '(' || path[i] == '[' || path[i] == '{':
			depth++
		case path[i] == ')' || path[i] == ']' || path[i] == '}':
			depth--
		}
		if i >= open && depth == 0 {
			at = i
			return false
		}
		return true
	})
	return at
}

// split cuts s at the doubled operator, outside quotes and brackets, and trims blanks and brackets around each part.
func split(s string, operator byte) []string {
	var parts []string
	depth, from := 0, 0
	_ = eachOutside(s, func(i int) bool { // quotes are checked before
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case operator:
			if depth == 0 && i >= from && i+1 < len(s) && s[i+1] == operator {
				parts = append(parts, trim(s[from:i]))
				from = i + 2
			}
		}
		return true
	})
	return append(parts, trim(s[min(from, len(s)):]))
}

// trim removes blanks, and round brackets that hold all of s.
func trim(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && closing(s, 0) == len(s)-1 {
		return trim(s[1 : len(s)-1])
	}
	return s
}
