package transparency

// differences are those of a gateway with default options before a Triton.
func differences() []Difference {
	return nil
}

// strictDifferences are those of a strict one.
func strictDifferences() []Difference { return nil }
