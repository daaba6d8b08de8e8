package transparency

import (
	"cmp"
	"slices"
)

// operations are all that are sent to a Triton.
func operations() []Operation {
	all := slices.Concat(
		datatypes(), answers(), selections(), asides(), broken(), framings(), controls(), closed(), generations(), failures(),
		rpcAnswers(), rpcRefusals(), rpcAsides(), rpcControls(), late(), sequences(), streams(), statistics(),
	)
	slices.SortFunc(all, func(a, b Operation) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
