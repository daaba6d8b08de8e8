package infer

// Pieces returns the tensor's data as [Tensor.Bytes] does, in as many pieces as they lie in: raw data are never copied, whatever
// buffers the message has. The pieces must not be changed and live as long as the message.
func (t *Tensor) Pieces() ([][]byte, error) {
	if !t.isRaw {
		data, err := t.appendContents(nil)
		if err != nil || len(data) == 0 {
			return nil, err
		}
		return [][]byte{data}, nil
	}
	var all [][]byte
	for p := range t.message.wire.pieces(t.raw) {
		all = append(all, p.buffer.ReadOnlyData()[p.from:p.to])
	}
	return all, nil
}
