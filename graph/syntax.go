package graph

import (
	"errors"
	"fmt"
)

// checkCondition refuses a path that GJSON would silently read as something else.
func checkCondition(path string) error {
	if err := balanced(path); err != nil {
		return err
	}
	operator := findOperator(path)
	if operator < 0 {
		return nil
	}
	reason := path[operator:operator+2] + " has no meaning in GJSON, which reads it as part of a value"
	if form, ok := workingForm(path); ok {
		return fmt.Errorf("%s; write %s", reason, form)
	}
	return fmt.Errorf("%s; test each part in a step of its own", reason)
}

// eachOutside calls visit on the bytes of path that are neither escaped nor inside quotes, until it returns false.
// The error tells of a quote that is not closed.
func eachOutside(path string, visit func(i int) bool) error {
	quote := -1
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\':
			i++
		case path[i] == '"' && quote < 0:
			quote = i
		case path[i] == '"':
			quote = -1
		case quote < 0 && !visit(i):
			return nil
		}
	}
	if quote >= 0 {
		return fmt.Errorf(`the quote at character %d is not closed; add a "`, quote+1)
	}
	return nil
}

var errEmptyCondition = errors.New("it is empty")

// balanced checks that brackets and quotes are closed, each by its own kind.
func balanced(path string) error {
	if path == "" {
		return errEmptyCondition
	}
	var open []int
	var fault error
	err := eachOutside(path, func(i int) bool {
		switch path[i] {
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			if len(open) == 0 || closer(path[open[len(open)-1]]) != path[i] {
				fault = fmt.Errorf("the %c at character %d closes nothing; remove it, or open it before", path[i], i+1)
				return false
			}
			open = open[:len(open)-1]
		}
		return true
	})
	switch {
	case fault != nil:
		return fault
	case err != nil:
		return err
	case len(open) > 0:
		last := open[len(open)-1]
		return fmt.Errorf("the %c at character %d is not closed; add a %c", path[last], last+1, closer(path[last]))
	}
	return nil
}

func closer(opener byte) byte {
	switch opener {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

// findOperator returns where the first && or || outside quotes is, -1 when there is none.
func findOperator(path string) int {
	found := -1
	_ = eachOutside(path, func(i int) bool { // quotes are checked before
		if i+1 < len(path) && path[i] == path[i+1] && (path[i] == '&' || path[i] == '|') {
			found = i
		}
		return found < 0
	})
	return found
}
