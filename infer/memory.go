package infer

// NameMemory reports whether a tensor with these parameters is in memory that its server shares with the client, or shall be put
// there. Source: Triton, "Shared-Memory Extension".
func (p Parameters) NameMemory() bool {
	_, ok := p.Lookup("shared_memory_region")
	return ok
}

// inMemory reports whether the tensor's data are not in the message but in shared memory.
func (t *Tensor) inMemory() bool {
	p, err := t.Parameters()
	return err == nil && p.NameMemory()
}

// elsewhere is the number of tensors whose data are neither in contents nor in raw entries.
func (m *message) elsewhere() int {
	n := 0
	for i := range m.tensors {
		if t := &m.tensors[i]; !t.typed() && t.inMemory() {
			n++
		}
	}
	return n
}
