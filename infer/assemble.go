package infer

import (
	"slices"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// part is a tensor of some message on its way into a new one, under a name of its own.
type part struct {
	tensor *Tensor
	name   string
}

// assemble writes a message of tensors that other messages hold. Entries, contents and raw bytes go by reference; when the
// parts come in both forms, typed contents are converted, so that the message has one form.
func assemble(k *kind, h Head, parts []part) (mem.BufferSlice, error) {
	raw := false
	for _, p := range parts {
		raw = raw || p.tensor.isRaw
	}
	var b builder
	b.head(h)
	for _, p := range parts {
		b.tensor(p, FramesTransfer, raw)
	}
	if !raw {
		return b.finish(), nil
	}
	for _, p := range parts {
		if err := b.raw(k.raw, p.tensor); err != nil {
			b.finish().Free()
			return nil, err
		}
	}
	return b.finish(), nil
}

func (b *builder) raw(number protowire.Number, t *Tensor) error {
	if t.isRaw {
		b.lengthPrefix(number, t.raw.len())
		b.share(t.message.wire, t.raw)
		return nil
	}
	data, err := t.appendContents(nil)
	if err != nil {
		return err
	}
	b.lengthPrefix(number, len(data))
	b.adopt(mem.SliceBuffer(data))
	return nil
}

// tensor writes a tensor's entry, as it is when nothing about it changes; without the parameters that drop names, and in a message
// of raw data without contents: MLServer sends empty ones beside raw data, which KServe's server refuses.
func (b *builder) tensor(p part, drop func(key string) bool, raw bool) {
	t := p.tensor
	if p.name == t.Name && (!raw || !t.hasContents) && !t.hasAny(drop) {
		b.share(t.message.wire, t.whole)
		return
	}
	name := protowire.AppendTag(nil, tensorName, protowire.BytesType)
	name = protowire.AppendString(name, p.name)
	kept := t.keptFields(drop, raw)
	size := len(name)
	for _, f := range kept {
		size += f.whole.len()
	}
	b.lengthPrefix(fieldTensors, size)
	b.own = append(b.own, name...)
	for _, f := range kept {
		b.share(t.message.wire, f.whole)
	}
}

// hasAny reports whether the tensor has a parameter that drop names.
func (t *Tensor) hasAny(drop func(key string) bool) bool {
	if drop == nil || !t.hasParameters {
		return false
	}
	p, err := t.Parameters()
	return err == nil && slices.ContainsFunc(p, func(p Parameter) bool { return drop(p.Key) })
}

// keptFields are the fields of the entry but for its name, the parameters that drop names and, in a message of raw data, contents.
func (t *Tensor) keptFields(drop func(key string) bool, raw bool) []field {
	var kept []field
	_ = t.message.wire.fields(t.entry, func(f field) error { // the entry was walked when the message was parsed
		switch f.number {
		case tensorName:
			return nil
		case tensorContents:
			if raw {
				return nil
			}
		case tensorParameters:
			if p, err := t.message.wire.parameter(f.value); err == nil && drop != nil && drop(p.Key) {
				return nil
			}
		}
		kept = append(kept, f)
		return nil
	})
	return kept
}
