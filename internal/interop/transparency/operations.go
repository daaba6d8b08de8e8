package transparency

import "slices"

// operations are all that are sent to a Triton.
func operations() []Operation {
	all := slices.Concat(datatypes(), answers(), selections(), asides(), broken(), framings(), controls(), closed(), generations(), failures())
	slices.SortStableFunc(all, func(a, b Operation) int { return compare(a.Name, b.Name) })
	return all
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
