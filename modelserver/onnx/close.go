package onnx

// Close lets the weights and the compiled shapes go, for the garbage collector. Calls
// of Run that compute finish undisturbed, later ones return ErrClosed.
func (m *Model) Close() {
	m.builder <- struct{}{}
	defer m.builder.leave()
	m.network = nil
	m.plans.clear()
}
