package transparency

// differences are those of a gateway with default options before a Triton.
func differences() []Difference {
	return nil
}

// strictDifferences are those of a strict one.
func strictDifferences() []Difference { return nil }

// kserveDifferences are those before KServe's Python server.
func kserveDifferences() []Difference { return nil }

// mlserverDifferences are those before MLServer.
func mlserverDifferences() []Difference { return nil }
