package infer

// Check is what of [Response.Validate] costs nothing per byte: each output has a name of its own and as many bytes as its shape calls for,
// as far as that can be told without reading them. What a datatype that is not known calls for nobody can tell. The error is INTERNAL
// and names the output: the fault is the server's.
func (r *Response) Check() error {
	for i := range r.tensors {
		t := &r.tensors[i]
		if err := t.plausible(); err != nil {
			return serverFault(err)
		}
		for j := range i { // there are few, and a map would cost each response an allocation
			if r.tensors[j].Name == t.Name {
				return serverFault(invalid("%s is there twice", t.label()))
			}
		}
	}
	return nil
}

func (t *Tensor) plausible() error {
	elements, err := t.Elements()
	if err != nil {
		return err
	}
	switch {
	case !t.isRaw:
		if elements > 0 && !t.typed() && t.DataType.Known() && !t.inMemory() {
			return invalid("%s has no data for its shape %v", t.label(), t.Shape)
		}
	case t.DataType == Bytes:
		if size := t.raw.len(); (elements > size/4 || elements == 0 && size > 0) && !t.isElsewhere() {
			return invalid("%s: %d bytes of raw data for shape %v, whose %d elements of BYTES take 4 bytes each and more", t.label(), size, t.Shape, elements)
		}
	case t.DataType.Known():
		if err := t.validateFixed(elements); err != nil && !t.isElsewhere() {
			return err
		}
	}
	return nil
}

// isElsewhere reports whether the raw entry only holds the place of data in shared memory.
func (t *Tensor) isElsewhere() bool { return t.raw.len() == 0 && t.inMemory() }
